// usage: dotnet run -c Release --project tests/Benchmarks [SCALE | soak [ORCHESTRATIONS]]
// SCALE is pgbench's: 100 is about 1.5 GB. Prints ratios of this one run; nothing here passes or fails.
using System.Globalization;
using Highwater.Benchmarks;

var isSoak = args is ["soak", ..];
var scale = args.Length > 0 && !isSoak ? int.Parse(args[0], CultureInfo.InvariantCulture) : 100;
using var cancelled = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    cancelled.Cancel();
};

if (isSoak)
{
    var orchestrations = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 1000;
    await foreach (var line in Soak.RunAsync(orchestrations, cancelled.Token))
        Console.WriteLine(line);
    return 0;
}

await using var bed = await Bed.PrepareAsync(scale, cancelled.Token);
Console.WriteLine(
    $"pgbench scale {scale}, data directory {Figures.Size(bed.DataBytes)}, {Environment.ProcessorCount} cores");
foreach (var measure in Measurements.All)
    await foreach (var line in measure(bed, cancelled.Token))
        Console.WriteLine(line);
return 0;
