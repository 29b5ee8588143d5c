using System.Text.Json;
using Highwater.Engine.Errors;
using Highwater.Engine.Storage;
using Microsoft.Extensions.Logging;

namespace Highwater.Engine.Repository;

/// <summary>
/// Says to every other process that this one works on a repository: renewed in the background, gone on disposal, worth
/// nothing when its holder is dead. Prune and all other work exclude each other: both write their lease first and look
/// at the others afterwards, so that at least one of two that race sees the other and stands back.
/// </summary>
public sealed partial class Lease : IAsyncDisposable
{
    /// <summary>For how long a lease is believed without a renewal.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan RenewalPause = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(15);

    // The holder stops a little before others stop believing, so that clocks that differ a little do no harm.
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    private readonly BackupRepository repository;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly CancellationTokenSource stop = new();
    private volatile LeaseRecord record;
    private volatile bool lost;
    private Task renewal = Task.CompletedTask;

    private Lease(BackupRepository repository, LeaseRecord record, TimeProvider clock, ILogger logger)
    {
        this.repository = repository;
        this.record = record;
        this.clock = clock;
        this.logger = logger;
    }

    /// <summary>What stands in the repository.</summary>
    public LeaseRecord Record => record;

    /// <summary>Takes a lease and keeps it until disposal.</summary>
    /// <exception cref="TransientException"><see cref="ErrorCodes.RepositoryLeased"/>: a prune is at work, or for a
    /// prune: anybody is. Any storage error.</exception>
    public static async Task<Lease> AcquireAsync(
        BackupRepository repository,
        LeasePurpose purpose,
        TimeProvider clock,
        ILogger logger,
        CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var holder = $"{purpose}-{Guid.CreateVersion7(now):N}".ToLowerInvariant();
        var lease = new Lease(
            repository, new LeaseRecord(holder, purpose, LeaseProcess.Current, now, now + Lifetime), clock, logger);
        try
        {
            await lease.WriteAsync(lease.record, cancellationToken);
            await lease.EnsureAloneAsync(cancellationToken);
        }
        catch
        {
            await lease.DisposeAsync();
            throw;
        }

        lease.renewal = lease.RenewAsync();
        return lease;
    }

    /// <summary>To be called before every step that others must not have made unsafe: a commit, a deletion.</summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.LeaseLost"/>: it could not be renewed in
    /// time.</exception>
    public void EnsureHeld()
    {
        var held = record;
        if (!lost && clock.GetUtcNow() < held.ExpiresAt - Margin)
            return;
        lost = true;
        throw new HighwaterException(
            ErrorCodes.LeaseLost,
            $"The lease '{held.Holder}' on the repository '{repository.Name}' at {repository.Storage.Address} "
            + $"was valid until {held.ExpiresAt:u} and could not be renewed in time; "
            + "another process may have changed the repository since.",
            "run the same command again: it finds what is done already and goes on");
    }

    /// <summary>Releases the lease. Where the repository is away, the lease dies by itself.</summary>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await renewal;
        try
        {
            await repository.Storage.DeleteAsync(RepositoryLayout.Lease(record.Holder), CancellationToken.None);
        }
        catch (HighwaterException e)
        {
            LogReleaseFailed(e, record.Holder, repository.Name, record.ExpiresAt);
        }

        stop.Dispose();
    }

    private async Task RenewAsync()
    {
        var pause = RenewalPause;
        while (!lost)
        {
            try
            {
                await Task.Delay(pause, clock, stop.Token);
                EnsureHeld();
                var renewed = record with { ExpiresAt = clock.GetUtcNow() + Lifetime };
                await WriteAsync(renewed, stop.Token);
                record = renewed;
                pause = RenewalPause;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (HighwaterException e)
            {
                LogRenewalFailed(e, record.Holder, repository.Name, record.ExpiresAt);
                pause = RetryPause;
            }
        }
    }

    private async Task EnsureAloneAsync(CancellationToken cancellationToken)
    {
        var others = await LeaseList.ReadLiveAsync(repository, clock, cancellationToken);
        var inTheWay = others.FirstOrDefault(other => other.Holder != record.Holder
            && (record.Purpose == LeasePurpose.Prune || other.Purpose == LeasePurpose.Prune));
        if (inTheWay is null)
            return;
        throw new TransientException(
            ErrorCodes.RepositoryLeased,
            $"The repository '{repository.Name}' at {repository.Storage.Address} is in use: {inTheWay}. "
            + "Pruning and other work exclude each other.",
            "wait until it is finished and run the same command again; if that process is dead, "
            + $"the lease ends by itself at {inTheWay.ExpiresAt:u}");
    }

    private Task WriteAsync(LeaseRecord content, CancellationToken cancellationToken) =>
        repository.Storage.ReplaceAsync(
            RepositoryLayout.Lease(content.Holder),
            JsonSerializer.SerializeToUtf8Bytes(content, RepositoryJson.Indented.LeaseRecord),
            cancellationToken);

    [LoggerMessage(4061, LogLevel.Warning,
        "The lease {Holder} on {Repository}, valid until {ExpiresAt:u}, was not renewed")]
    private partial void LogRenewalFailed(Exception e, string holder, string repository, DateTimeOffset expiresAt);

    [LoggerMessage(4062, LogLevel.Warning,
        "The lease {Holder} on {Repository} was not released; it ends at {ExpiresAt:u}")]
    private partial void LogReleaseFailed(Exception e, string holder, string repository, DateTimeOffset expiresAt);
}
