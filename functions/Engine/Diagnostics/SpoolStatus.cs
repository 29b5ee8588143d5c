namespace Highwater.Engine.Diagnostics;

/// <summary>What waits in the spool.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Exists">Whether the folder is there.</param>
/// <param name="Files">How many files wait.</param>
/// <param name="Bytes">Their sum.</param>
/// <param name="OldestAt">When the oldest of them was written, UTC; null if none waits.</param>
public sealed record SpoolStatus(string Path, bool Exists, int Files, long Bytes, DateTimeOffset? OldestAt);
