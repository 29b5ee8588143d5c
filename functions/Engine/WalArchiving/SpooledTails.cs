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

    /// <summary>What the repository has, or else what is on its way, after waiting for it; null if nothing is known
    /// of the segment in front.</summary>
    /// <exception cref="Errors.HighwaterException">Any storage error.</exception>
    public async Task<WalTail?> FindBeforeAsync(WalSegmentName segment, CancellationToken cancellationToken)
    {
        // First what is stored: another one of that name does not get in, and what follows that one must not either.
        if (await _stored.FindBeforeAsync(segment, cancellationToken) is { } stored)
            return stored;
        return await _stored.FindSegmentBeforeAsync(segment, cancellationToken) is { } before
            && _onTheirWay.TryGetValue(before, out var awaited)
                ? await awaited.Task.WaitAsync(cancellationToken)
                : null;
    }

    /// <summary>Says what a segment ended with. Only the first word counts.</summary>
    public void Set(WalFileName file, WalTail? tail)
    {
        if (file.Kind == WalFileKind.Segment)
            _onTheirWay[file.Segment].TrySetResult(tail);
    }
}
