using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;

namespace Highwater.Engine.Restore;

/// <summary>
/// Looks into the WAL of a repository, newest segment first, so that what is at the end costs one segment's reading.
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
            await foreach (var (start, landmark) in ReadAsync(number, cancellationToken))
            {
                if (lastRecord is null || start > lastRecord)
                    lastRecord = start;
                if (landmark is not null && landmark.Kind != WalLandmarkKind.RestorePoint && !(landmark.At <= newest))
                    newest = landmark.At;
            }

            if (number == path.FirstNumber)
                break;
        }

        return new WalEnd(lastRecord, newest);
    }

    /// <summary>
    /// The first landmark that satisfies the condition, in the newest segment that has one; null if none has.
    /// </summary>
    /// <exception cref="Errors.HighwaterException">As <see cref="FindEndAsync"/>.</exception>
    public async Task<WalLandmark?> FindAsync(Func<WalLandmark, bool> condition, CancellationToken cancellationToken)
    {
        for (var number = path.LastNumber; ; number--)
        {
            WalLandmark? found = null;
            await foreach (var (_, landmark) in ReadAsync(number, cancellationToken))
            {
                if (found is null && landmark is not null && condition(landmark))
                    found = landmark;
            }

            if (found is not null || number == path.FirstNumber)
                return found;
        }
    }

    /// <summary>All records that start in a segment; the last one may reach into the next segment.</summary>
    private async IAsyncEnumerable<(Lsn Start, WalLandmark? Landmark)> ReadAsync(
        ulong number,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        WalSegmentName[] segments = number == path.LastNumber
            ? [path.Segment(number)]
            : [path.Segment(number), path.Segment(number + 1)];
        await using var plain = new WalSegmentSequence(archive, segments);
        var records = new WalRecordReader(plain, path.Start(number));
        while (await records.NextAsync(cancellationToken) is { } record && record.Start < path.Start(number + 1))
            yield return (record.Start, WalLandmark.Of(record));
    }
}
