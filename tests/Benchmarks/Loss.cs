using System.Runtime.CompilerServices;
using Highwater.TestKit.Postgres;

namespace Highwater.Benchmarks;

/// <summary>
/// What is lost when a machine dies: a writer commits the time every few milliseconds, the server, <c>serve</c> and the
/// writer are killed at a random moment, and what the remote repository gives back is compared with what was committed.
/// </summary>
internal static class Loss
{
    /// <summary>Values of WAL_SOURCE.</summary>
    private static readonly string[] Sources = ["archive", "stream"];

    public static async IAsyncEnumerable<string> RunAsync(
        int rounds, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return "seconds of committed work that are lost with the machine, restored from the remote alone, with "
            + $"archive_timeout = {LossBed.ArchiveTimeoutSeconds} and WAL_SYNC_INTERVAL = "
            + $"{LossBed.SyncInterval.TotalSeconds}";
        foreach (var source in Sources)
        {
            var losses = new List<double>();
            for (var round = 1; round <= rounds; round++)
            {
                losses.Add((await RoundAsync(source, cancellationToken)).TotalSeconds);
                yield return $"  WAL_SOURCE={source}, round {round}: {losses[^1]:F1} s";
            }

            yield return $"  WAL_SOURCE={source}: {losses.Average():F1} s on average, {losses.Max():F1} s at worst";
        }
    }

    private static async Task<TimeSpan> RoundAsync(string source, CancellationToken cancellationToken)
    {
        await using var bed = await LossBed.StartAsync(source, cancellationToken);
        var writer = new LossWriter(bed.Server);

        // Any moment of the rhythm of archive_timeout and of the syncs is as likely as any other.
        await Task.Delay(
            LossBed.SyncInterval + (LossBed.SyncInterval * Random.Shared.NextDouble())
            + TimeSpan.FromSeconds(LossBed.ArchiveTimeoutSeconds), cancellationToken);
        await bed.KillAsync();
        var committed = await writer.StopAsync();
        return committed - await bed.RestoreAsync(cancellationToken);
    }
}
