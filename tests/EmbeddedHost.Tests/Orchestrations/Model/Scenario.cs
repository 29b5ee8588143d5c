namespace Highwater.EmbeddedHost.Tests.Orchestrations.Model;

/// <param name="Rounds">The program.</param>
/// <param name="Actions">What is done to it, in order of time.</param>
/// <param name="Kills">The first process dies at the so many-th point its functions reach, the second one then, ...
/// </param>
internal sealed record Scenario(Round[] Rounds, DriverAction[] Actions, int[] Kills);
