namespace Highwater.Engine.Retention;

/// <summary>An object that goes.</summary>
/// <param name="Key">In the repository.</param>
/// <param name="Length">In bytes.</param>
public sealed record PruneItem(string Key, long Length);
