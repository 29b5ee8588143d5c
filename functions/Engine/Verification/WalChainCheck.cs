using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Postgres.WalRecords;
using Highwater.Engine.Repository;

namespace Highwater.Engine.Verification;

/// <summary>
/// Proves every record of a stored segment once more, and that the first of them goes on from the segment in front:
/// that one may have been stored later, and then nobody has looked at the record that reaches over.
/// </summary>
internal sealed class WalChainCheck(WalArchive archive)
{
    private readonly WalTails _tails = new(archive);
    private readonly WalSegmentSize _size = archive.Repository.Description.WalSegmentSize;

    /// <summary>Reads a segment to its end and says what is wrong with it, or null.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="isStart">Recovery is to begin in it, so that the segment in front does not matter.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="HighwaterException">It is damaged or missing; any storage error.</exception>
    public async Task<ObjectFault?> FindFaultAsync(
        WalSegmentName segment, bool isStart, CancellationToken cancellationToken)
    {
        var before = isStart ? null : await FindBeforeAsync(segment, cancellationToken);
        var found = await ReadAsync(segment, before, cancellationToken);
        if (found.Damage is not { } damage)
            return null;
        var key = RepositoryLayout.WalFile(WalFileName.Of(segment));
        if (before is null || found.HasRecords)
            return new ObjectFault($"{key} holds WAL that is damaged at {damage.At}: {damage.Reason}.");
        var front = await _tails.FindSegmentBeforeAsync(segment, cancellationToken);
        return new ObjectFault(
            $"{key} does not go on from {front}, the segment in front of it: the record at {damage.At}: "
            + $"{damage.Reason}. One of the two is damaged, or they are of different servers.",
            IsAtBorder: true);
    }

    /// <summary>Null if nothing is known of the segment in front. Whether that is as it should be, is for its own
    /// check.</summary>
    private async Task<WalTail?> FindBeforeAsync(WalSegmentName segment, CancellationToken cancellationToken)
    {
        try
        {
            return await _tails.FindBeforeAsync(segment, cancellationToken)
                ?? await ReadTailBeforeAsync(segment, cancellationToken);
        }
        catch (HighwaterException e) when (ObjectChecker.IsDamage(e))
        {
            return null;
        }
    }

    /// <summary>A record may reach over the whole of the segment in front and have been unknown when that was
    /// stored: then its part there is read again.</summary>
    private async Task<WalTail?> ReadTailBeforeAsync(WalSegmentName segment, CancellationToken cancellationToken)
    {
        if (await _tails.FindSegmentBeforeAsync(segment, cancellationToken) is not { } front)
            return null;
        var header = await archive.ReadHeaderAsync(WalFileName.Of(front), cancellationToken);
        if (header.Contents is not { Tail: null }
            || await FindBeforeAsync(front, cancellationToken) is not { } before)
            return null;
        var found = await ReadAsync(front, before, cancellationToken);
        return found.Damage is null ? found.Tail : null;
    }

    private async Task<(WalDamage? Damage, bool HasRecords, WalTail? Tail)> ReadAsync(
        WalSegmentName segment, WalTail? before, CancellationToken cancellationToken)
    {
        var summary = new WalSummary(segment, _size, before);
        var buffer = new byte[1 << 17];
        await using var plain = await archive.OpenReadAsync(WalFileName.Of(segment), cancellationToken);
        while (await plain.ReadAsync(buffer, cancellationToken) is var count and > 0)
            summary.Append(buffer.AsSpan(0, count));
        var contents = summary.ToContents();
        return (summary.Damage, contents.Records > 0, contents.Tail);
    }
}
