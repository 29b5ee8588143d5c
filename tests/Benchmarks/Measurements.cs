using System.Runtime.CompilerServices;

namespace Highwater.Benchmarks;

/// <summary>What is measured, in an order in which each finds what it needs.</summary>
internal static class Measurements
{
    private const int Segments = 60;

    public static IReadOnlyList<Func<Bed, CancellationToken, IAsyncEnumerable<string>>> All { get; } =
        [FullBackupAsync, DailyBackupAsync, WalAsync, RestoreAsync];

    /// <summary>The WAL alone, after the base backup that makes the repositories.</summary>
    public static IReadOnlyList<Func<Bed, CancellationToken, IAsyncEnumerable<string>>> OfWal { get; } =
        [FullBackupAsync, WalAsync];

    /// <summary>Streaming alone, after the base backup that makes the repositories.</summary>
    public static IReadOnlyList<Func<Bed, CancellationToken, IAsyncEnumerable<string>>> OfStream { get; } =
        [FullBackupAsync, Stream.RunAsync];

    /// <summary>On a bed of its own, filled by pgbench.</summary>
    public static async IAsyncEnumerable<string> RunAsync(
        int scale, IReadOnlyList<Func<Bed, CancellationToken, IAsyncEnumerable<string>>> measurements,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var bed = await Bed.PrepareAsync(scale, cancellationToken);
        yield return $"pgbench scale {scale}, data directory {Figures.Size(bed.DataBytes)}, "
            + $"{Environment.ProcessorCount} cores";
        foreach (var measure in measurements)
        {
            await foreach (var line in measure(bed, cancellationToken))
                yield return line;
        }
    }

    private static async IAsyncEnumerable<string> FullBackupAsync(
        Bed bed, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return "full backup into local + SFTP";
        await bed.RawBaseBackupAsync(cancellationToken); // fills the page cache, so that both read from memory
        var raw = await bed.RawBaseBackupAsync(cancellationToken);
        yield return Figures.Line("pg_basebackup -D - > /dev/null", raw, Figures.Rate(bed.DataBytes, raw));
        var full = await bed.HighwaterAsync(cancellationToken, "backup");
        yield return Figures.Line("highwater backup", full, Figures.Ratio(full, raw, "<= 1.5"));
        yield return $"  repository {Figures.Size(Bed.SizeOf(bed.Local))} "
            + $"local, {Figures.Size(Bed.SizeOf(bed.Remote))} remote";
    }

    private static async IAsyncEnumerable<string> DailyBackupAsync(
        Bed bed, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return "backup after 0.1 % of the rows changed, a hundred neighbours in every hundred thousand";
        await bed.Server.ExecuteAsync(
            "UPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid % 100000 < 100", cancellationToken);
        await bed.Server.ExecuteAsync("CHECKPOINT", cancellationToken);
        await bed.HighwaterAsync(cancellationToken, "wal-sync");
        var before = Bed.SizeOf(Path.Combine(bed.Local, "packs"));
        var raw = await bed.RawBaseBackupAsync(cancellationToken);
        yield return Figures.Line("pg_basebackup -D - > /dev/null", raw, "");
        var daily = await bed.HighwaterAsync(cancellationToken, "backup");
        yield return Figures.Line("highwater backup", daily, Figures.Ratio(daily, raw, "none against this anchor"));
        var growth = Bed.SizeOf(Path.Combine(bed.Local, "packs")) - before;
        yield return $"  packs grew by {Figures.Size(growth)}, {100.0 * growth / before:F1} % of the first backup";
    }

    private static async IAsyncEnumerable<string> WalAsync(
        Bed bed, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return "WAL: spool -> both repositories";
        await bed.HighwaterAsync(cancellationToken, "wal-sync");
        var idle = await bed.HighwaterTimesAsync(cancellationToken, "wal-sync");
        while (Directory.GetFiles(bed.Server.SpoolPath).Length < Segments)
        {
            // The first change to a page after a checkpoint is a whole page in the WAL, as on a busy server.
            await bed.Server.PgbenchAsync(cancellationToken, "-n", "-c", "4", "-T", "5");
            await bed.Server.ExecuteAsync("CHECKPOINT", cancellationToken);
        }

        var waiting = Directory.GetFiles(bed.Server.SpoolPath).Length;
        var sync = await bed.HighwaterTimesAsync(cancellationToken, "wal-sync");
        var rate = waiting / (sync.Wall - idle.Wall).TotalSeconds;
        var processor = (sync.Processor - idle.Processor) / waiting;
        yield return Figures.Line(
            $"highwater wal-sync, {waiting} segments", sync.Wall, $"{rate:F1} segments/s (goal >= 10)");
        yield return $"  {processor.TotalMilliseconds:F0} ms of one core for a segment, without sshd";
        yield return $"  WAL archive {Figures.Size(Bed.SizeOf(Path.Combine(bed.Local, "wal-archive")))}";
        yield return Figures.Line("highwater wal-sync, nothing to do", idle.Wall, "subtracted above");
    }

    private static async IAsyncEnumerable<string> RestoreAsync(
        Bed bed, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return "restore of the files, without replay";
        foreach (var repository in new[] { "local", "remote" })
        {
            var to = bed.NewFolder("from-" + repository);
            var time = await bed.HighwaterAsync(
                cancellationToken, "restore", "--repository", repository, "--to", to);
            yield return Figures.Line($"highwater restore, {repository}", time, Figures.Rate(Bed.SizeOf(to), time));
            Directory.Delete(to, recursive: true);
        }
    }
}
