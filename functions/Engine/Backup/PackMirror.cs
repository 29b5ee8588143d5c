using System.Threading.Channels;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;
using Microsoft.Extensions.Logging;

namespace Highwater.Engine.Backup;

/// <summary>
/// Brings packs to another repository while the base backup still runs. An offer costs the backup nothing: only names
/// wait, and the bytes are read from the local repository, where they are still warm. If the other repository is away
/// or slow, the backup goes on without it; what is missing is copied by <see cref="ReplicateBackup"/>.
/// </summary>
internal sealed partial class PackMirror : IAsyncDisposable
{
    private const int Workers = 2;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Channel<ObjectReference> _offers = Channel.CreateUnbounded<ObjectReference>();
    private readonly CancellationTokenSource _stop;
    private readonly Task _mirroring;
    private readonly ILogger _logger;

    private PackMirror(
        BackupRepository local, string name, Func<CancellationToken, Task<BackupRepository>> openAsync, ILogger logger,
        CancellationToken cancellationToken)
    {
        _logger = logger;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _mirroring = Task.Run(() => MirrorAsync(local, name, openAsync), CancellationToken.None);
    }

    public static PackMirror Start(
        BackupRepository local, string name, Func<CancellationToken, Task<BackupRepository>> openAsync, ILogger logger,
        CancellationToken cancellationToken) => new(local, name, openAsync, logger, cancellationToken);

    /// <summary>Offers a pack that is durable in the local repository. Returns at once.</summary>
    public void Offer(ObjectReference pack) => _offers.Writer.TryWrite(pack);

    /// <summary>Lets the packs on offer go through for a short while, then leaves the rest.</summary>
    public async ValueTask DisposeAsync()
    {
        _offers.Writer.TryComplete();
        await Task.WhenAny(_mirroring, Task.Delay(Patience, _stop.Token));
        await _stop.CancelAsync();
        await _mirroring;
        _stop.Dispose();
    }

    private async Task MirrorAsync(
        BackupRepository local, string name, Func<CancellationToken, Task<BackupRepository>> openAsync)
    {
        try
        {
            var other = await openAsync(_stop.Token);
            await Parallel.ForEachAsync(
                _offers.Reader.ReadAllAsync(_stop.Token),
                new ParallelOptions { MaxDegreeOfParallelism = Workers, CancellationToken = _stop.Token },
                async (pack, token) =>
                {
                    var key = RepositoryLayout.Pack(pack.Sha256);
                    await other.Storage.PutAsync(key, local.Storage.AsContent(key, pack.Length, pack.Sha256), token);
                });
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            LogLeft(_logger, name);
        }
        catch (Exception e)
        {
            // Whatever it is: the local base backup must not end because of another repository.
            LogGaveUp(_logger, name, e.Message);
        }
    }

    // Whoever copies what is missing afterwards meets the same trouble and tells it.
    [LoggerMessage(621, LogLevel.Information,
        "Packs no longer go to the repository '{Name}' during this base backup, they are copied afterwards: {Error}")]
    private static partial void LogGaveUp(ILogger logger, string name, string error);

    [LoggerMessage(622, LogLevel.Debug, "The repository '{Name}' gets the rest of the packs after the base backup")]
    private static partial void LogLeft(ILogger logger, string name);
}
