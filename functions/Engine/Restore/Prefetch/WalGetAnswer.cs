namespace Highwater.Engine.Restore.Prefetch;

/// <summary>What one call of <c>wal-get</c> came to.</summary>
/// <param name="Name">The file PostgreSQL asked for.</param>
/// <param name="Outcome">Whether it has it now.</param>
/// <param name="PrefetchTrouble">Why the next segments are not fetched ahead, if they should be.</param>
public sealed record WalGetAnswer(string Name, WalGetOutcome Outcome, string? PrefetchTrouble = null);
