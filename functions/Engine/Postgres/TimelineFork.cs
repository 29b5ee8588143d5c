namespace Highwater.Engine.Postgres;

/// <summary>Where a timeline was left for the next one.</summary>
/// <param name="Parent">The timeline that was left.</param>
/// <param name="SwitchPoint">The first byte that is not its own any more.</param>
public readonly record struct TimelineFork(uint Parent, Lsn SwitchPoint);
