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

            // Ends as well when nothing was given back: there is always a next hour.
            while (database.Read(GiveBackPages))
            {
                await Task.Delay(Pause, time, stopping);
            }

            await Task.Delay(Interval, time, stopping);
        }
    }

    private async Task<int> ForgetAsync(DateTimeOffset before, CancellationToken stopping)
    {
        var forgotten = 0;

        // A look first, because most hours have nothing to forget, and then need no transaction.
        while (database.Read(session => session.FinishedBefore(before, 1)).Count > 0)
        {
            forgotten += database.Write(CommitKind.Purge, "old", session => Forget(session, before));
            await Task.Delay(Pause, time, stopping);
        }

        return forgotten;
    }

    // Chosen and removed in one transaction: an instance that runs again in the meantime is not old any more.
    private static int Forget(StateSession session, DateTimeOffset before)
    {
        var old = session.FinishedBefore(before, InstancesAtOnce);
        old.ForEach(session.RemoveInstance);
        return old.Count;
    }

    private static bool GiveBackPages(StateSession session)
    {
        var free = session.FreePages();
        if (free <= FreePagesKept)
        {
            return false;
        }

        session.GiveBackPages(PagesAtOnce);
        return session.FreePages() < free;
    }
}
