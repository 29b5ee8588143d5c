// usage: dotnet run -c Release --project tests/Benchmarks
//        [SCALE | wal | stream | wal-get | loss [ROUNDS] | soak [NUMBER]]
// SCALE is pgbench's: 100 is about 1.5 GB. Prints figures of this one run; nothing here passes or fails.
using System.Globalization;
using Highwater.Benchmarks;

int Number(int place, int otherwise) =>
    args.Length > place ? int.Parse(args[place], CultureInfo.InvariantCulture) : otherwise;

using var cancelled = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    cancelled.Cancel();
};

var lines = args switch
{
    ["soak", ..] => Soak.RunAsync(Number(1, 1000), cancelled.Token),
    ["loss", ..] => Loss.RunAsync(Number(1, 3), cancelled.Token),
    ["wal-get"] => WalGet.RunAsync(cancelled.Token),
    ["wal"] => Measurements.RunAsync(10, Measurements.OfWal, cancelled.Token),
    ["stream"] => Measurements.RunAsync(10, Measurements.OfStream, cancelled.Token),
    _ => Measurements.RunAsync(Number(0, 100), Measurements.All, cancelled.Token),
};
await foreach (var line in lines)
    Console.WriteLine(line);
return 0;
