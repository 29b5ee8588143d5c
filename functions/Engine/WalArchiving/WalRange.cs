using Highwater.Engine.Postgres;

namespace Highwater.Engine.WalArchiving;

/// <summary>Segments of one timeline without a hole between them, both ends included.</summary>
/// <param name="First">The oldest.</param>
/// <param name="Last">The newest.</param>
public readonly record struct WalRange(WalSegmentName First, WalSegmentName Last)
{
    /// <inheritdoc/>
    public override string ToString() => First == Last ? $"{First}" : $"{First}..{Last}";
}
