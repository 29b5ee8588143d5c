using Highwater.Engine.Postgres;

namespace Highwater.Engine.Diagnostics.Checks;

/// <summary>What became of a WAL segment that was closed to see it arrive.</summary>
/// <param name="Segment">The segment; null if none could be closed.</param>
/// <param name="Fault">Why none could be closed; null if one was.</param>
/// <param name="MarkedAt">When the server was asked to, by this machine's clock.</param>
/// <param name="Arrivals">For each repository, in the order of the settings.</param>
public sealed record WalProbe(
    WalSegmentName? Segment, StatusFault? Fault, DateTimeOffset MarkedAt, IReadOnlyList<WalArrival> Arrivals);
