using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Restore;
using Highwater.Engine.Restore.Prefetch;
using Highwater.Engine.Storage.Local;
using Highwater.TestKit.Storage;
using Highwater.TestKit.WalArchiving;

namespace Highwater.Benchmarks;

/// <summary>
/// What <c>restore_command</c> takes for a segment of 16 MiB, from the start of its shell to its end, as PostgreSQL
/// waits for it: fetched ahead, asked for, and in a row as recovery would without any replay between.
/// </summary>
internal static class WalGet
{
    private const int Fast = 300;
    private const int Slow = 10;
    private const int Row = 40;
    private static readonly SystemIdentifier Cluster = new(7_310_938_764_291_650_493);
    private static readonly TimeSpan Goal = TimeSpan.FromMilliseconds(20);

    public static async IAsyncEnumerable<string> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var folder = new TempDirectory("bench");
        var data = folder.Combine("data");
        var repository = folder.Combine("repository");
        await FillAsync(repository, cancellationToken);
        Directory.CreateDirectory(Path.Combine(data, PrefetchFolder.BelowDataDirectory));
        await File.WriteAllTextAsync(Path.Combine(data, "PG_VERSION"), "15\n", cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(data, "recovery.signal"), "", cancellationToken);
        string[] program = ["dotnet", Path.Combine(AppContext.BaseDirectory, "highwater.dll")];
        var options = new RepositoryOptions("local", repository);
        var command = RestoreCommandLine.Of(program, [options], 1);

        yield return "restore_command, a segment of 16 MiB";
        var shell = Repeat(Fast, _ => Time(data, ":"));
        yield return Line("an empty command, which PostgreSQL waits for too", shell, "");
        var fast = Repeat(Fast, _ => TakeReady(data, command));
        yield return Line("fetched ahead", fast, $"goal < {Goal.TotalMilliseconds:F0} ms, own time "
            + Milliseconds(Median(fast) - Median(shell)));
        var slowly = RestoreCommandLine.Of(program, [options], 1, false);
        var slow = Repeat(Slow, number => Time(data, Fill(slowly, number)));
        yield return Line("asked for, local repository", slow, string.Create(
            CultureInfo.InvariantCulture, $"{Median(slow) / Median(fast):F0} x fetched ahead"));

        var row = Repeat(Row, number => Time(data, Fill(command, number)));
        yield return Line($"{Row} in a row, nothing replayed between them", row, string.Create(
            CultureInfo.InvariantCulture,
            $"{row.Count(time => time < Goal)} in less than {Goal.TotalMilliseconds:F0} ms, "
            + $"{Row / row.Sum(time => time.TotalSeconds):F1} segments/s"));
        File.Delete(Path.Combine(data, "recovery.signal"));
        while (new PrefetchFolder(data).IsHeld())
            await Task.Delay(Goal, cancellationToken);
    }

    private static async Task FillAsync(string path, CancellationToken cancellationToken)
    {
        var size = WalSegmentSize.Default;
        var repository = await BackupRepository.OpenOrCreateAsync(
            "local", new LocalStorage(path), new ClusterIdentity(Cluster, 15, size), TimeProvider.System,
            cancellationToken);
        var archive = new WalArchive(repository);
        for (var number = 0; number < Row; number++)
        {
            using var bytes = new MemoryStream(TestSegments.Make(Segment(number), Cluster, size));
            await archive.PutAsync(WalFileName.Of(Segment(number)), bytes, cancellationToken);
        }
    }

    /// <summary>One call that finds its segment ready; it is put back afterwards.</summary>
    private static TimeSpan TakeReady(string data, string command)
    {
        var ready = Path.Combine(data, PrefetchFolder.BelowDataDirectory, Segment(0).ToString());
        var taken = Path.Combine(data, "pg_wal", "RECOVERYXLOG");
        if (File.Exists(taken))
            File.Move(taken, ready);
        else
            File.WriteAllBytes(ready, TestSegments.Make(Segment(0), Cluster, WalSegmentSize.Default));
        var time = Time(data, Fill(command, 0));
        return File.Exists(taken) ? time : throw new InvalidOperationException("Nothing was taken.");
    }

    private static TimeSpan Time(string data, string command)
    {
        var watch = Stopwatch.StartNew();
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", command]) { WorkingDirectory = data })!;
        shell.WaitForExit();
        return shell.ExitCode == 0
            ? watch.Elapsed
            : throw new InvalidOperationException($"'{command}' ended with {shell.ExitCode}.");
    }

    private static string Fill(string command, int number) => command
        .Replace("%f", Segment(number).ToString(), StringComparison.Ordinal)
        .Replace("%p", "pg_wal/RECOVERYXLOG", StringComparison.Ordinal);

    private static WalSegmentName Segment(int number) =>
        WalSegmentName.FromNumber(1, (ulong)number + 1, WalSegmentSize.Default);

    private static List<TimeSpan> Repeat(int times, Func<int, TimeSpan> measure) =>
        [.. Enumerable.Range(0, times).Select(measure)];

    private static TimeSpan Median(List<TimeSpan> times) => times.Order().ElementAt(times.Count / 2);

    private static string Milliseconds(TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:F1} ms");

    private static string Line(string what, List<TimeSpan> times, string rest) =>
        $"  {what,-50} median {Milliseconds(Median(times)),9}, "
        + $"99 % {Milliseconds(times.Order().ElementAt(times.Count * 99 / 100)),9}  {rest}";
}
