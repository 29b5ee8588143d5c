using Highwater.Engine.Errors;
using Highwater.Engine.Repository;
using Highwater.Engine.WalArchiving.Streaming;

namespace Highwater.Engine.WalArchiving;

/// <summary>
/// Brings what the server has written into the local repository, on whichever ways WAL comes: empties the spool,
/// streams up to where the server is now. Repeatable; may run beside itself and beside a continuous session.
/// </summary>
/// <param name="options">Which ways there are.</param>
/// <param name="archive">Empties the spool.</param>
/// <param name="catchUp">Streams; needed only where WAL is streamed.</param>
public sealed class TakeWal(WalOptions options, ArchiveSpooledWal archive, CatchUpWal? catchUp = null)
{
    // A session that is alive needs seconds. What it has not brought by then is said, and the next call waits again.
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    /// <summary>Takes all there is. A stream that stands still is a fault in the result, so that what was taken earlier
    /// is copied on meanwhile.</summary>
    /// <param name="local">What WAL is brought into.</param>
    /// <param name="others">Get the unfinished segment as well, if they are there.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="HighwaterException">What <see cref="ArchiveSpooledWal"/> throws.</exception>
    public async Task<SpooledWalArchived> RunAsync(
        BackupRepository local, IReadOnlyList<RepositorySource> others, CancellationToken cancellationToken)
    {
        var spooled = await EmptySpoolAsync(local, cancellationToken);
        try
        {
            return Sum(spooled, await StreamAsync(local, others, cancellationToken));
        }
        catch (HighwaterException e)
        {
            return spooled with { Faults = [.. spooled.Faults, WalFault.Of("the stream", e)] };
        }
    }

    /// <summary>As RunAsync, for the local repository alone; a stream that stands still is thrown.</summary>
    /// <exception cref="HighwaterException">What <see cref="ArchiveSpooledWal"/> and <see cref="CatchUpWal"/> throw.
    /// The spool is emptied first, so that it never waits for the stream.</exception>
    public async Task<SpooledWalArchived> RunOrThrowAsync(
        BackupRepository local, CancellationToken cancellationToken) =>
        Sum(await EmptySpoolAsync(local, cancellationToken), await StreamAsync(local, [], cancellationToken));

    private Task<SpooledWalArchived> EmptySpoolAsync(BackupRepository local, CancellationToken cancellationToken) =>
        options.Source == WalSource.Stream
            ? Task.FromResult(new SpooledWalArchived(0, 0, []))
            : archive.RunAsync(local, cancellationToken);

    private Task<WalStreamed?> StreamAsync(
        BackupRepository local, IReadOnlyList<RepositorySource> others, CancellationToken cancellationToken) =>
        options.Source == WalSource.Archive || catchUp is null
            ? Task.FromResult<WalStreamed?>(null)
            : catchUp.RunAsync(local, others, Deadline, cancellationToken);

    private static SpooledWalArchived Sum(SpooledWalArchived spooled, WalStreamed? streamed) => streamed is null
        ? spooled
        : new SpooledWalArchived(
            spooled.Files + streamed.Segments, spooled.Bytes + streamed.Bytes,
            [.. spooled.Faults, .. streamed.Faults]);
}
