namespace Highwater.Engine.WalArchiving;

/// <summary>That all WAL a base backup needs is in a repository.</summary>
/// <param name="Segments">How many segments it needs.</param>
/// <param name="Waited">How long that took.</param>
public sealed record AwaitedWal(int Segments, TimeSpan Waited);
