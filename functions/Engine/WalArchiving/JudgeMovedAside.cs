using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Microsoft.Extensions.Logging;

namespace Highwater.Engine.WalArchiving;

/// <summary>
/// Judges segments again that were moved aside before the history had come that says their timeline was left there:
/// they are unfinished, not damaged.
/// </summary>
internal sealed class JudgeMovedAside(WalArchive archive, WalSpool spool, ILogger logger)
{
    /// <summary>Takes those into the repository, and says how many they were and how many bytes they had. Repeatable;
    /// reads nothing but a listing as long as none can be such a segment.</summary>
    /// <exception cref="HighwaterException">Any storage error; <see cref="ErrorCodes.SpoolUnusable"/>.</exception>
    public async Task<(int Files, long Bytes)> RunAsync(CancellationToken cancellationToken)
    {
        var movedAside = spool.ListMovedAside().Where(one => one.File.IsCompressed).ToList();
        if (movedAside.Count == 0)
            return (0, 0);
        var forks = await new KnownForks(archive, spool).ReadAsync(cancellationToken);
        var keep = new KeepUnfinishedSegment(archive, new WalTails(archive).FindBeforeAsync, logger);
        var kept = (Files: 0, Bytes: 0L);
        foreach (var (file, path) in movedAside)
        {
            if (await TryKeepAsync(keep, file, path, forks[file.Segment.Timeline], cancellationToken) is not { } length)
                continue;
            spool.RemoveMovedAside(path);
            kept = (kept.Files + 1, kept.Bytes + length);
        }

        return kept;
    }

    private async Task<long?> TryKeepAsync(
        KeepUnfinishedSegment keep,
        WalFileName file,
        string path,
        IEnumerable<Lsn> leftAt,
        CancellationToken cancellationToken)
    {
        try
        {
            return await keep.TryAsync(file, path, leftAt, cancellationToken);
        }
        catch (HighwaterException e) when (e.Code == ErrorCodes.WalInvalid || e.Code == ErrorCodes.WalConflict
            || e.Code == ErrorCodes.RepositoryDamaged)
        {
            return null; // It stays where it is, as was said of it when it was moved there.
        }
        catch (FileNotFoundException)
        {
            return null; // Another process was first.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw spool.Unusable($"{path} cannot be read: {e.Message}", e);
        }
    }
}
