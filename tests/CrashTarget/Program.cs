using System.Globalization;
using Highwater.CrashTarget;

// usage: CrashTarget (SCENARIO DIRECTORY)...
// Runs each scenario to its end over what an earlier process left in the directory, and leaves the result there.
for (var i = 0; i + 1 < args.Length; i += 2)
    await ScenarioRun.RunAsync(Scenario.All[int.Parse(args[i], CultureInfo.InvariantCulture)], args[i + 1]);
