namespace Highwater.Engine.Diagnostics;

/// <summary>What waits in the spool.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Fault">Why it cannot be read, with the remedy; null if it can.</param>
/// <param name="Files">How many files wait.</param>
/// <param name="Bytes">Their sum.</param>
/// <param name="OldestAge">How long the oldest of them has waited; null if none does.</param>
public sealed record SpoolStatus(string Path, StatusFault? Fault, int Files, long Bytes, TimeSpan? OldestAge)
{
    /// <summary>False where WAL is streamed and nothing comes through a spool: then nobody looked.</summary>
    public bool IsUsed { get; init; } = true;

    /// <summary>How many WAL files were moved aside and wait for somebody to look.</summary>
    public int Quarantined { get; init; }

    internal static SpoolStatus Unused(string path, int quarantined) =>
        new(path, null, 0, 0, null) { IsUsed = false, Quarantined = quarantined };
}
