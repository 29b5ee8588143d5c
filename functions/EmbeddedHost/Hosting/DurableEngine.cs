using Highwater.EmbeddedHost.Dispatch;
using Highwater.EmbeddedHost.Orchestrations;
using Highwater.EmbeddedHost.State;
using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.Hosting;

/// <summary>Starts and stops the workers of orchestrations, activities and durable timers.</summary>
internal sealed class DurableEngine(
    StateDatabase database,
    DurableTimers timers,
    OrchestrationWorker orchestrations,
    ActivityWorker activities,
    HistoryRetention retention,
    Effects effects,
    EmbeddedHostOptions options,
    ILogger<DurableEngine> log) : IDisposable
{
    private static readonly TimeSpan PauseAfterTrouble = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _loops = [];
    private int _failedWorkers;

    /// <summary>Cancelled when the host stops.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Workers that failed and have not begun again yet.</summary>
    public int FailedWorkers => Volatile.Read(ref _failedWorkers);

    /// <summary>
    /// Takes up what an earlier process left: activities without a result, inboxes that are not empty.
    /// </summary>
    public void Start()
    {
        var unfinished = new StepEffects();
        unfinished.Activities.AddRange(database.Read(session => session.ReadActivityIds()));
        if (unfinished.Activities.Count > 0)
        {
            HostLog.ActivitiesResumed(log, unfinished.Activities.Count);
        }

        effects.Apply(unfinished);
        Loop(timers.RunAsync);
        Loop(retention.RunAsync);
        for (var i = 0; i < Math.Max(2, Environment.ProcessorCount); i++)
        {
            Loop(orchestrations.RunAsync);
        }

        for (var i = 0; i < options.MaxConcurrentActivities; i++)
        {
            Loop(activities.RunAsync);
        }
    }

    /// <summary>Cancels activities and waits for them until the deadline.</summary>
    public async Task StopAsync(CancellationToken deadline)
    {
        await _stopping.CancelAsync();
        var ended = Task.WhenAll(_loops);
        if (await Task.WhenAny(ended, Task.Delay(Timeout.InfiniteTimeSpan, deadline)) != ended)
        {
            HostLog.StopTimedOut(log, options.StopTimeout.TotalSeconds);
        }
    }

    /// <summary>
    /// Runs something until the host stops. What fails, because the disk is full for a moment, begins again: a worker
    /// that is gone for good would leave a host that looks alive and does nothing.
    /// </summary>
    public void Loop(Func<CancellationToken, Task> run) =>
        _loops.Add(Task.Run(() => RunToStopAsync(run, _stopping.Token), CancellationToken.None));

    public void Dispose() => _stopping.Dispose();

    private async Task RunToStopAsync(Func<CancellationToken, Task> run, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await run(stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                // The way a loop ends.
                return;
            }
            catch (Exception e) when (stopping.IsCancellationRequested)
            {
                HostLog.EndedByStop(log, e);
            }
#pragma warning disable CA1031 // Whatever it was, the next attempt says whether it has passed.
            catch (Exception e)
#pragma warning restore CA1031
            {
                HostLog.LoopFailed(log, PauseAfterTrouble.TotalSeconds, e);
                Interlocked.Increment(ref _failedWorkers);
                await Task.WhenAny(Task.Delay(PauseAfterTrouble, stopping));
                Interlocked.Decrement(ref _failedWorkers);
            }
        }
    }
}
