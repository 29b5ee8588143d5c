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

    private readonly BackupRepository _repository;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private volatile LeaseRecord _record;
    private volatile bool _lost;
    private Task _renewal = Task.CompletedTask;

    private Lease(BackupRepository repository, LeaseRecord record, TimeProvider clock, ILogger logger)
    {
        _repository = repository;
        _record = record;
        _clock = clock;
        _logger = logger;
    }

    /// <summary>What stands in the repository.</summary>
    public LeaseRecord Record => _record;

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
            await lease.WriteAsync(lease._record, cancellationToken);
            await lease.EnsureAloneAsync(cancellationToken);
        }
        catch
        {
            await lease.DisposeAsync();
            throw;
        }

        lease._renewal = lease.RenewAsync();
        return lease;
    }

    /// <summary>To be called before every step that others must not have made unsafe: a commit, a deletion.</summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.LeaseLost"/>: it could not be renewed in
    /// time.</exception>
    public void EnsureHeld()
    {
        var held = _record;
        if (!_lost && _clock.GetUtcNow() < held.ExpiresAt - Margin)
            return;
        _lost = true;
        throw new HighwaterException(
            ErrorCodes.LeaseLost,
            $"The lease '{held.Holder}' on the repository '{_repository.Name}' at {_repository.Storage.Address} "
            + $"was valid until {held.ExpiresAt:u} and could not be renewed in time; "
            + "another process may have changed the repository since.",
            "run the same command again: it finds what is done already and goes on");
    }

    /// <summary>Releases the lease. Where the repository is away, the lease dies by itself.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _renewal;
        try
        {
            await _repository.Storage.DeleteAsync(RepositoryLayout.Lease(_record.Holder), CancellationToken.None);
        }
        catch (HighwaterException e)
        {
            LogReleaseFailed(e, _record.Holder, _repository.Name, _record.ExpiresAt);
        }

        _stop.Dispose();
    }

    private async Task RenewAsync()
    {
        var pause = RenewalPause;
        while (!_lost)
        {
            try
            {
                await Task.Delay(pause, _clock, _stop.Token);
                EnsureHeld();
                var renewed = _record with { ExpiresAt = _clock.GetUtcNow() + Lifetime };
                await WriteAsync(renewed, _stop.Token);
                _record = renewed;
                pause = RenewalPause;
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (HighwaterException e)
            {
                LogRenewalFailed(e, _record.Holder, _repository.Name, _record.ExpiresAt);
                pause = RetryPause;
            }
        }
    }

    private async Task EnsureAloneAsync(CancellationToken cancellationToken)
    {
        var others = await LeaseList.ReadLiveAsync(_repository, _clock, cancellationToken);
        var inTheWay = others.FirstOrDefault(other => other.Holder != _record.Holder
            && (_record.Purpose == LeasePurpose.Prune || other.Purpose == LeasePurpose.Prune));
        if (inTheWay is null)
            return;
        throw new TransientException(
            ErrorCodes.RepositoryLeased,
            $"The repository '{_repository.Name}' at {_repository.Storage.Address} is in use: {inTheWay}. "
            + "Pruning and other work exclude each other.",
            "wait until it is finished and run the same command again; if that process is dead, "
            + $"the lease ends by itself at {inTheWay.ExpiresAt:u}");
    }

    private Task WriteAsync(LeaseRecord content, CancellationToken cancellationToken) =>
        _repository.Storage.ReplaceAsync(
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
