using Highwater.Engine.Postgres;
using Highwater.Engine.Postgres.WalRecords;
using Highwater.Engine.Repository;

namespace Highwater.Engine.Restore;

/// <summary>
/// Looks for what the WAL of a repository says, newest segment first. What was recorded when a segment was stored is
/// taken from there; a segment itself is read only for the place of a transaction, or if nothing was recorded of it.
/// </summary>
internal sealed class WalSearch(WalArchive archive, WalPath path)
{
    /// <summary>The last record and the newest end of a transaction on the path.</summary>
    /// <exception cref="Errors.HighwaterException">A segment is damaged; any storage error.</exception>
    public async Task<WalEnd> FindEndAsync(CancellationToken cancellationToken)
    {
        Lsn? lastRecord = null;
        DateTimeOffset? newest = null;
        for (var number = path.LastNumber; newest is null || lastRecord is null; number--)
        {
            var contents = await ReadContentsAsync(number, cancellationToken);
            lastRecord ??= contents.LastRecord ?? contents.Tail?.LastRecord;
            newest = contents.Tail?.NewestTransactionAt ?? contents.LastTransactionAt;
            if (number == path.FirstNumber)
                break;
        }

        return new WalEnd(lastRecord, newest);
    }

    /// <summary>The end of a transaction, the newest if its id came round again; null if it is not on the
    /// path.</summary>
    /// <exception cref="Errors.HighwaterException">As <see cref="FindEndAsync"/>.</exception>
    public async Task<WalLandmark?> FindTransactionAsync(uint xid, CancellationToken cancellationToken)
    {
        for (var number = path.LastNumber; ; number--)
        {
            var contents = await ReadContentsAsync(number, cancellationToken);
            if ((contents.MayHoldEndOf(xid) || !IsProvenWhole(contents, number))
                && (await ReadLandmarksAsync(number, cancellationToken)).FirstOrDefault(
                    landmark => landmark.Kind != WalLandmarkKind.RestorePoint && landmark.Xid == xid) is { } found)
                return found;
            if (number == path.FirstNumber)
                return null;
        }
    }

    /// <summary>The first restore point of this name in the newest segment that has one; null if none has.</summary>
    /// <exception cref="Errors.HighwaterException">As <see cref="FindEndAsync"/>.</exception>
    public async Task<WalLandmark?> FindRestorePointAsync(string name, CancellationToken cancellationToken)
    {
        for (var number = path.LastNumber; ; number--)
        {
            var contents = await ReadContentsAsync(number, cancellationToken);
            if (contents.RestorePoints?.FirstOrDefault(point => point.Name == name) is { } point)
                return new WalLandmark(WalLandmarkKind.RestorePoint, point.Lsn, point.At, 0, point.Name);
            if ((contents.LacksRestorePoints || !IsProvenWhole(contents, number))
                && (await ReadLandmarksAsync(number, cancellationToken)).FirstOrDefault(
                    landmark => landmark.Name == name) is { } found)
                return found;
            if (number == path.FirstNumber)
                return null;
        }
    }

    private async Task<WalContents> ReadContentsAsync(ulong number, CancellationToken cancellationToken)
    {
        if (path.IsCut(number))
        {
            var before = await ReadTailBeforeAsync(number, cancellationToken);
            return await SummarizeAsync(number, before, cancellationToken);
        }

        var header = await archive.ReadHeaderAsync(WalFileName.Of(path.Segment(number)), cancellationToken);
        if (header.Contents is { } contents)
            return contents;
        return await SummarizeAsync(number, null, cancellationToken);
    }

    private async Task<WalContents> SummarizeAsync(
        ulong number, WalTail? before, CancellationToken cancellationToken)
    {
        var summary = new WalSummary(path.Segment(number), archive.Repository.Description.WalSegmentSize, before);
        await ReadAsync(number, summary.Append, cancellationToken);
        return summary.ToContents();
    }

    // The first segment may begin with the rest of a record, which recovery from this base backup does not read.
    private bool IsProvenWhole(WalContents contents, ulong number) =>
        contents.ProvenFrom == path.Start(number) || number == path.FirstNumber;

    /// <summary>All landmarks whose records end in a segment.</summary>
    private async Task<IReadOnlyList<WalLandmark>> ReadLandmarksAsync(
        ulong number, CancellationToken cancellationToken)
    {
        var landmarks = new List<WalLandmark>();
        var before = await ReadTailBeforeAsync(number, cancellationToken);
        var parser = new WalRecordParser(path.Start(number), path.Segment(number).Timeline, before, record =>
        {
            if (WalLandmark.Of(record) is { } landmark)
                landmarks.Add(landmark);
        });
        await ReadAsync(number, parser.Append, cancellationToken);
        return landmarks;
    }

    private async Task<WalTail?> ReadTailBeforeAsync(ulong number, CancellationToken cancellationToken) =>
        number == path.FirstNumber ? null : (await ReadContentsAsync(number - 1, cancellationToken)).Tail;

    private async Task ReadAsync(ulong number, SpanTaker take, CancellationToken cancellationToken)
    {
        // Streaming may have brought more since the plan, and another future may follow where the timeline was left.
        var rest = path.IsCut(number) ? path.LastBytes : long.MaxValue;
        if (path.IsUnfinished(number))
        {
            await new ReadUnfinishedWal(archive, path.Segment(number), bytes => TakeUpToRest(bytes.Span))
                .RunAsync(cancellationToken);
            return;
        }

        var file = WalFileName.Of(path.Segment(number));
        await using var plain = await archive.OpenReadAsync(file, cancellationToken);
        await ReadAsync(plain, TakeUpToRest, cancellationToken);

        void TakeUpToRest(ReadOnlySpan<byte> bytes)
        {
            var part = bytes[..(int)Math.Min(bytes.Length, rest)];
            rest -= part.Length;
            take(part);
        }
    }

    private static async Task ReadAsync(Stream plain, SpanTaker take, CancellationToken cancellationToken)
    {
        var buffer = new byte[1 << 18];
        while (await plain.ReadAsync(buffer, cancellationToken) is var count and > 0)
            take(buffer.AsSpan(0, count));
    }

    private delegate void SpanTaker(ReadOnlySpan<byte> bytes);
}
