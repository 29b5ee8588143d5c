using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Postgres.WalRecords;
using Highwater.Engine.Repository;
using Microsoft.Extensions.Logging;

namespace Highwater.Engine.WalArchiving;

/// <summary>
/// Keeps the last segment of a timeline that a promotion ended in its middle. A promoted server renames its own to
/// <c>.partial</c> before it is archived (CleanupAfterArchiveRecovery in access/transam/xlog.c). A standby of it with
/// archive_mode=always does not: its WAL receiver closes the segment where the old timeline ends and has it archived
/// under its whole name, zeros or old content behind that place (WalReceiverMain in replication/walreceiver.c).
/// </summary>
/// <param name="archive">Of the repository that is to have it.</param>
/// <param name="findBefore">What the segment in front ended with; null if that is not known.</param>
/// <param name="logger">Told of what is kept.</param>
internal sealed partial class KeepUnfinishedSegment(
    WalArchive archive, Func<WalSegmentName, CancellationToken, Task<WalTail?>> findBefore, ILogger logger)
{
    private readonly WalSegmentSize _size = archive.Repository.Description.WalSegmentSize;

    /// <summary>
    /// Stores the file as <c>.partial</c> if its records are whole exactly up to where its timeline was left. If the
    /// repository has the same up to there already, in a whole segment of that name or in another server's
    /// <c>.partial</c>, it is not stored again: what stands behind that place is of no timeline. Repeatable.
    /// </summary>
    /// <param name="file">What it is handed over as.</param>
    /// <param name="path">Where it stands.</param>
    /// <param name="leftAt">Where its timeline was left, as far as that is known.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Its length, or null if it is no such segment, or differs before that place from what is
    /// there.</returns>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.WalInvalid"/>; any storage error.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public async Task<long?> TryAsync(
        WalFileName file, string path, IEnumerable<Lsn> leftAt, CancellationToken cancellationToken)
    {
        // Before its start too: the record that was never finished may have begun in the segment in front.
        var forks = leftAt.Where(fork => fork < file.Segment.End(_size)).ToList();
        if (!file.IsCompressed || forks.Count == 0)
            return null;
        await using var plain = new FileStream(path, new FileStreamOptions
        {
            Share = FileShare.ReadWrite | FileShare.Delete,
            Options = FileOptions.SequentialScan,
            BufferSize = 0,
        });
        var before = await findBefore(file.Segment, cancellationToken);
        var (header, provenTo) = await WalFileCheck.DescribeUnfinishedAsync(
            file.Segment, plain, archive.Repository.Description, before, cancellationToken);
        if (!forks.Contains(provenTo))
            return null;
        var partial = WalFileName.PartialOf(file.Segment);
        foreach (var name in new[] { WalFileName.Of(file.Segment), partial })
        {
            if (await archive.StatAsync(name, cancellationToken) is { IsThere: true })
                return await IsSameAsync(name, plain, provenTo, cancellationToken) ? plain.Length : null;
        }

        await archive.PutAndReadBackAsync(header, plain, cancellationToken);
        LogKept(logger, file.Name, file.Segment.Timeline, provenTo, partial.Name);
        return plain.Length;
    }

    private async Task<bool> IsSameAsync(
        WalFileName name, FileStream plain, Lsn end, CancellationToken cancellationToken)
    {
        var start = name.Segment.Start(_size);
        var length = end > start ? (long)(end.Value - start.Value) : 0;
        plain.Position = 0;
        await using var stored = await archive.OpenReadAsync(name, cancellationToken);
        var (ours, theirs) = (new byte[1 << 17], new byte[1 << 17]);
        var isSame = true;

        // To the end of what is stored: only there it is known to be what it was.
        for (var position = 0L; ; position += theirs.Length)
        {
            var count = await stored.ReadAtLeastAsync(theirs, theirs.Length, false, cancellationToken);
            if (count == 0)
                break;
            await plain.ReadAtLeastAsync(ours, count, false, cancellationToken);
            var compared = (int)Math.Clamp(length - position, 0, count);
            isSame = isSame && ours.AsSpan(0, compared).SequenceEqual(theirs.AsSpan(0, compared));
        }

        if (isSame)
            LogThere(logger, end, name.Name);
        return isSame;
    }

    [LoggerMessage(EventId = 504, Level = LogLevel.Information,
        Message = "The WAL file {File} is the unfinished last one of timeline {Timeline}, which was left at {LeftAt}: "
            + "kept as {Name}")]
    private static partial void LogKept(ILogger logger, string file, uint timeline, Lsn leftAt, string name);

    [LoggerMessage(EventId = 505, Level = LogLevel.Information,
        Message = "An unfinished WAL segment came again; up to {LeftAt}, where its timeline was left, it is the same "
            + "as {Name}")]
    private static partial void LogThere(ILogger logger, Lsn leftAt, string name);
}
