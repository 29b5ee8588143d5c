using System.Runtime.CompilerServices;
using Highwater.Engine.Postgres;

namespace Highwater.Benchmarks;

/// <summary>
/// How fast streaming takes what a busy server has written: into both repositories, proven and compressed, against
/// <c>pg_receivewal</c>, which writes the same WAL into one folder as it is.
/// </summary>
internal static class Stream
{
    private const long Bytes = 40L << 24;

    public static async IAsyncEnumerable<string> RunAsync(
        Bed bed, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return "WAL: replication slot -> both repositories";

        // The first run makes the slot, the second says what a run costs that finds no WAL.
        await bed.StreamAsync(cancellationToken);
        var from = await FlushedAsync(bed, cancellationToken);
        await bed.CreateReceiverSlotAsync(cancellationToken);
        var idle = await bed.StreamAsync(cancellationToken);
        while (await FlushedAsync(bed, cancellationToken) < from + Bytes)
        {
            await bed.Server.PgbenchAsync(cancellationToken, "-n", "-c", "4", "-T", "5");
            await bed.Server.ExecuteAsync("CHECKPOINT", cancellationToken);
        }

        var end = await FlushedAsync(bed, cancellationToken);
        var received = await bed.ReceiveWalAsync(new Lsn((ulong)end), cancellationToken);
        yield return Figures.Line("pg_receivewal", received, Figures.Rate(end - from, received));
        var streamed = await bed.StreamAsync(cancellationToken) - idle;
        yield return Figures.Line(
            $"highwater wal-sync, {Figures.Size(end - from)}", streamed,
            $"{Figures.Rate(end - from, streamed)}, {Figures.Ratio(streamed, received, "none")}");
        yield return $"  WAL archive {Figures.Size(Bed.SizeOf(Path.Combine(bed.Local, "wal-archive")))} local, "
            + $"{Figures.Size(Bed.SizeOf(Path.Combine(bed.Remote, "wal-archive")))} remote";
        yield return Figures.Line("highwater wal-sync, nothing to do", idle, "subtracted above");
    }

    private static async Task<long> FlushedAsync(Bed bed, CancellationToken cancellationToken) =>
        (long)await bed.Server.QueryAsync<decimal>("SELECT pg_current_wal_flush_lsn() - '0/0'", cancellationToken);
}
