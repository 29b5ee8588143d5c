using Highwater.Engine.Postgres;
using Highwater.Engine.Postgres.WalRecords;
using Highwater.Engine.Repository;

namespace Highwater.Engine.WalArchiving;

/// <summary>
/// What segments ended with that are on their way from the spool, so that each can be proven against the one in front
/// of it while both are still being stored.
/// </summary>
/// <param name="archive">Asked for a segment that is not on its way.</param>
/// <param name="files">Those on their way. Whoever takes one says what it ended with, or that nothing is
/// known.</param>
internal sealed class SpooledTails(WalArchive archive, IEnumerable<WalFileName> files)
{
    private readonly WalTails _stored = new(archive);
    private readonly Dictionary<WalSegmentName, TaskCompletionSource<WalTail?>> _onTheirWay = files
        .Where(file => file.Kind == WalFileKind.Segment)
        .ToDictionary(
            file => file.Segment,
            _ => new TaskCompletionSource<WalTail?>(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>Waits for the segment in front if it is on its way; null if nothing is known of it.</summary>
    /// <exception cref="Errors.HighwaterException">Any storage error.</exception>
    public async Task<WalTail?> FindBeforeAsync(WalSegmentName segment, CancellationToken cancellationToken)
    {
        if (await _stored.FindSegmentBeforeAsync(segment, cancellationToken) is { } before
            && _onTheirWay.TryGetValue(before, out var awaited)
            && await awaited.Task.WaitAsync(cancellationToken) is { } tail)
            return tail;

        // One that was not taken in this time may have been taken earlier.
        return await _stored.FindBeforeAsync(segment, cancellationToken);
    }

    /// <summary>Says what a segment ended with. Only the first word counts.</summary>
    public void Set(WalFileName file, WalTail? tail)
    {
        if (file.Kind == WalFileKind.Segment)
            _onTheirWay[file.Segment].TrySetResult(tail);
    }
}
