using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;

namespace Highwater.Engine.Restore;

/// <summary>
/// Where the WAL of older timelines ends for a recovery that is to end on a certain one. PostgreSQL looks only at where
/// a timeline began (XLogFileReadAnyTLI in access/transam/xlogrecovery.c): where the newer one's segment is missing it
/// would replay what the older one's holds beyond the fork, which is another future.
/// </summary>
/// <param name="repositories">Asked in this order for the history, once.</param>
/// <param name="timeline">Which one recovery is to end on.</param>
internal sealed class TimelineCut(IReadOnlyList<RepositorySource> repositories, uint timeline)
{
    private Origin? _origin;

    /// <summary>How many of the bytes of a segment, from its first, lead to the timeline; null for all that there
    /// are.</summary>
    /// <exception cref="HighwaterException">No repository gave the history: the first failure, or
    /// <see cref="ErrorCodes.WalAbsent"/> if all have answered that they do not have it. To take this for a timeline
    /// that was left nowhere would be a guess, and PostgreSQL does not set out for a timeline without a history
    /// (validateRecoveryParameters in access/transam/xlogrecovery.c).</exception>
    public async Task<long?> FindAsync(WalSegmentName segment, CancellationToken cancellationToken)
    {
        // No timeline descends from a later one, nor leaves itself; the first has no history at all.
        if (segment.Timeline >= timeline)
            return null;

        // Several may come here at once and read it more than once: it is the same each time.
        var origin = _origin ??= await ReadAsync(segment, cancellationToken);
        var given = origin.History.PartOf(segment, origin.Size);
        return given < origin.Size.Bytes ? given : null;
    }

    /// <summary>As <see cref="WalArchive.FetchAsync"/>, with zeros from the end of what is to be given.</summary>
    /// <param name="archive">Which has the segment.</param>
    /// <param name="file">Its name.</param>
    /// <param name="given">How many bytes; null for all.</param>
    /// <param name="destination">Where it is to stand.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task FetchAsync(
        WalArchive archive, WalFileName file, long? given, string destination, CancellationToken cancellationToken)
    {
        if (given is not { } length)
        {
            await archive.FetchAsync(file, destination, cancellationToken);
            return;
        }

        // To its end: only then is it known to be what was stored.
        await using var plain = await archive.OpenReadAsync(file, cancellationToken);
        await WriteAsync(
            destination,
            written => plain.CopyToAsync(written, 1 << 17, cancellationToken),
            length,
            archive.Repository.Description.WalSegmentSize);
    }

    /// <summary>Makes a segment of the first bytes of one, and zeros.</summary>
    /// <param name="destination">Where it is to stand, whole or not at all.</param>
    /// <param name="write">Writes at least so many bytes.</param>
    /// <param name="length">How many.</param>
    /// <param name="size">Of the segment.</param>
    /// <exception cref="IOException">The destination cannot be written.</exception>
    public static Task WriteAsync(
        string destination, Func<Stream, Task> write, long length, WalSegmentSize size) =>
        WholeFile.WriteAsync(destination, async file =>
        {
            await write(file);
            file.SetLength(length);
            file.SetLength(size.Bytes);
        });

    private async Task<Origin> ReadAsync(WalSegmentName segment, CancellationToken cancellationToken)
    {
        HighwaterException? trouble = null;
        foreach (var source in repositories)
        {
            try
            {
                var archive = new WalArchive(await source.OpenAsync(cancellationToken));
                var history = await archive.ReadHistoryAsync(timeline, cancellationToken);
                return new Origin(history, archive.Repository.Description.WalSegmentSize);
            }
            catch (HighwaterException e)
            {
                if (trouble is null || trouble.Code == ErrorCodes.WalAbsent)
                    trouble = e;
            }
        }

        throw trouble is null || trouble.Code == ErrorCodes.WalAbsent ? Missing(segment, trouble) : trouble;
    }

    private HighwaterException Missing(WalSegmentName segment, Exception? inner) => new(
        ErrorCodes.WalAbsent,
        $"No repository has {WalFileName.HistoryOf(timeline)}, so that nobody can say which part of {segment} leads to "
        + $"timeline {timeline}.",
        "bring the history file back: copy it from the pg_wal of a server that has it into the spool; for a recovery "
        + $"that is to end on timeline {segment.Timeline} set recovery_target_timeline to it and call wal-get with "
        + $"--timeline {segment.Timeline}",
        inner);

    /// <param name="History">Of the timeline.</param>
    /// <param name="Size">Of the cluster's segments.</param>
    private sealed record Origin(TimelineHistory History, WalSegmentSize Size);
}
