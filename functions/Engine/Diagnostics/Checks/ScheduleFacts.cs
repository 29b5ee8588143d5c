namespace Highwater.Engine.Diagnostics.Checks;

/// <summary>Whether anything runs the schedules.</summary>
/// <param name="Runner">Where it answers, for instance <c>http://127.0.0.1:7071</c>; null if nothing runs.</param>
/// <param name="Fault">Why it could not be asked; null if it could.</param>
/// <param name="LastRuns">How the latest runs ended.</param>
public sealed record ScheduleFacts(string? Runner, StatusFault? Fault, IReadOnlyList<LastRun> LastRuns);
