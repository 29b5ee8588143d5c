using Highwater.Engine.Storage;

namespace Highwater.Engine.Restore;

/// <summary>Chunks that stand near each other in one pack and are read together.</summary>
/// <param name="Pack">The pack.</param>
/// <param name="Range">From the first to the last of them.</param>
/// <param name="Places">In the order of the pack.</param>
internal sealed record ChunkRange(Sha256Hash Pack, ByteRange Range, IReadOnlyList<ChunkPlace> Places)
{
    private const int LongestRange = 8 << 20;

    // Reading this much in vain costs less than another request to a distant machine.
    private const int LargestHole = 128 << 10;

    /// <summary>Groups chunks into as few ranges as is sensible.</summary>
    public static IEnumerable<ChunkRange> Of(IReadOnlyList<ChunkPlace> places)
    {
        var group = new List<ChunkPlace>();
        long end = 0;
        var ordered = places.OrderBy(place => place.Pack.ToString(), StringComparer.Ordinal).ThenBy(p => p.Offset);
        foreach (var place in ordered)
        {
            if (group.Count > 0 && (place.Pack != group[0].Pack || place.Offset - end > LargestHole
                || place.Offset + place.Length - group[0].Offset > LongestRange))
            {
                yield return Close(group, end);
                group = [];
                end = 0;
            }

            group.Add(place);
            end = Math.Max(end, place.Offset + place.Length);
        }

        if (group.Count > 0)
            yield return Close(group, end);
    }

    private static ChunkRange Close(List<ChunkPlace> group, long end) =>
        new(group[0].Pack, new ByteRange(group[0].Offset, end - group[0].Offset), group);
}
