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
    Effects effects,
    EmbeddedHostOptions options,
    ILogger<DurableEngine> log) : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _loops = [];

    /// <summary>Cancelled when the host stops.</summary>
    public CancellationToken Stopping => _stopping.Token;

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
        for (var i = 0; i < Math.Max(2, Environment.ProcessorCount); i++)
        {
            Loop(orchestrations.RunAsync);
        }

        for (var i = 0; i < options.MaxConcurrentActivities; i++)
        {
            Loop(activities.RunAsync);
        }
    }

    /// <summary>Cancels activities and waits for them, but not longer than the options say.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        var ended = Task.WhenAll(_loops);
        if (await Task.WhenAny(ended, Task.Delay(options.StopTimeout, CancellationToken.None)) != ended)
        {
            HostLog.StopTimedOut(log, options.StopTimeout.TotalSeconds);
        }
    }

    /// <summary>Runs something until the host stops.</summary>
    public void Loop(Func<CancellationToken, Task> run)
    {
        var token = _stopping.Token;
        _loops.Add(Task.Run(
            async () =>
            {
                try
                {
                    await run(token);
                }
                catch (OperationCanceledException) when (token.IsCancellationRequested)
                {
                    // The way a loop ends.
                    return;
                }
                catch (Exception e) when (token.IsCancellationRequested)
                {
                    HostLog.EndedByStop(log, e);
                }
                catch (Exception e)
                {
                    HostLog.LoopEnded(log, e);
                    throw;
                }
            },
            CancellationToken.None));
    }

    public void Dispose() => _stopping.Dispose();
}
