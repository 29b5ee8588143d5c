using Highwater.EmbeddedHost.State;
using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.Dispatch;

/// <summary>
/// Forgets finished instances when their time is over, a few in each transaction so that other work goes on in between,
/// and then makes the file smaller. Without it a host that runs for years has a file that only grows.
/// </summary>
internal sealed class HistoryRetention(
    StateDatabase database, EmbeddedHostOptions options, TimeProvider time, ILogger<HistoryRetention> log)
{
    private const int InstancesAtOnce = 50;
    private const int PagesAtOnce = 250;

    // What is free is filled again soon, so a few megabytes are not worth the writing.
    private const long FreePagesKept = 1000;

    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            var forgotten = await ForgetAsync(time.GetUtcNow() - options.HistoryRetention, stopping);
            if (forgotten > 0)
            {
                DispatchLog.HistoryForgotten(log, forgotten, options.HistoryRetention.TotalDays);
            }

            while (database.Read(session => session.FreePages()) > FreePagesKept)
            {
                database.Read(session => session.GiveBackPages(PagesAtOnce));
                await Task.Delay(Pause, time, stopping);
            }

            await Task.Delay(Interval, time, stopping);
        }
    }

    private async Task<int> ForgetAsync(DateTimeOffset before, CancellationToken stopping)
    {
        var forgotten = 0;
        while (database.Read(session => session.FinishedBefore(before, InstancesAtOnce)) is { Count: > 0 } old)
        {
            database.Write(CommitKind.Purge, "old", session => old.ForEach(session.RemoveInstance));
            forgotten += old.Count;
            await Task.Delay(Pause, time, stopping);
        }

        return forgotten;
    }
}
