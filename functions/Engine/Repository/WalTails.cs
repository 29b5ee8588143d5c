using System.Collections.Concurrent;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Postgres.WalRecords;

namespace Highwater.Engine.Repository;

/// <summary>Finds what the segment in front of another one ended with, among those a repository has.</summary>
internal sealed class WalTails(WalArchive archive)
{
    // Asked for with every segment of a timeline, and never changed once they are there.
    private readonly ConcurrentDictionary<uint, TimelineHistory> _histories = [];

    /// <summary>Null if it is not there, or nothing is known of it.</summary>
    /// <exception cref="HighwaterException">Any storage error; a damaged history file.</exception>
    public async Task<WalTail?> FindBeforeAsync(WalSegmentName segment, CancellationToken cancellationToken)
    {
        if (await FindSegmentBeforeAsync(segment, cancellationToken) is not { } before)
            return null;
        try
        {
            return (await archive.ReadHeaderAsync(WalFileName.Of(before), cancellationToken)).Contents?.Tail;
        }
        catch (HighwaterException e) when (e.Code == ErrorCodes.WalAbsent || e.Code == ErrorCodes.RepositoryDamaged)
        {
            // A damaged one is for verify to find: it must not keep out the segments that come after it.
            return null;
        }
    }

    /// <summary>
    /// The segment in front: of the same timeline, or of the one that was left there. Null for the first of the log.
    /// </summary>
    /// <exception cref="HighwaterException">Any storage error; a damaged history file.</exception>
    public async Task<WalSegmentName?> FindSegmentBeforeAsync(
        WalSegmentName segment, CancellationToken cancellationToken)
    {
        var size = archive.Repository.Description.WalSegmentSize;
        var number = segment.Number(size);
        if (number == 0)
            return null;
        var timeline = segment.Timeline;
        if (timeline > 1 && await TryReadHistoryAsync(timeline, cancellationToken) is { } history)
            timeline = history.TimelineAt(new Lsn(segment.Start(size).Value - 1));
        return WalSegmentName.FromNumber(timeline, number - 1, size);
    }

    private async Task<TimelineHistory?> TryReadHistoryAsync(uint timeline, CancellationToken cancellationToken)
    {
        if (_histories.TryGetValue(timeline, out var known))
            return known;
        try
        {
            return _histories.GetOrAdd(timeline, await archive.ReadHistoryAsync(timeline, cancellationToken));
        }
        catch (HighwaterException e) when (e.Code == ErrorCodes.WalAbsent)
        {
            return null;
        }
    }
}
