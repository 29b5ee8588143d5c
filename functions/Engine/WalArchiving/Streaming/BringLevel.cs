using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;

namespace Highwater.Engine.WalArchiving.Streaming;

/// <summary>
/// Brings another repository what it lacks in front of the segment that is being received: pieces are of use only
/// behind whole segments, and on a timeline whose history is there. Small work between two sessions; what an outage has
/// left is the WAL sync's.
/// </summary>
internal sealed class BringLevel(WalArchive local, WalArchive other)
{
    /// <summary>Copies the timeline histories and the newest segments. False if more is missing than that; then no
    /// segment is copied.</summary>
    /// <exception cref="HighwaterException">Any storage error; a history that is damaged or another one
    /// there.</exception>
    public async Task<bool> RunAsync(FollowedWal wal, CancellationToken cancellationToken)
    {
        foreach (var history in wal.Histories)
        {
            if (await other.StatAsync(history, cancellationToken) is not { IsThere: true })
                await CopyAsync(history, cancellationToken);
        }

        var missing = new Stack<WalFileName>();
        foreach (var segment in wal.Newest)
        {
            if (await other.StatAsync(segment, cancellationToken) is { IsThere: true })
                break;
            missing.Push(segment);
        }

        if (missing.Count == FollowedWal.MostLookedAt)
            return false;
        foreach (var segment in missing)
        {
            try
            {
                await CopyAsync(segment, cancellationToken);
            }
            catch (HighwaterException e) when (
                e.Code == ErrorCodes.RepositoryDamaged || e.Code == ErrorCodes.WalConflict)
            {
                // The WAL sync finds the same and says so; later segments go on there too.
            }
        }

        return true;
    }

    /// <summary>One that has gone from the local repository was pruned, or never got in.</summary>
    private async Task CopyAsync(WalFileName file, CancellationToken cancellationToken)
    {
        if (await local.StatAsync(file, cancellationToken) is { IsThere: true } entry)
            await other.PutStoredAsync(local, entry, null, cancellationToken);
    }
}
