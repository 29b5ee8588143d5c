using Highwater.EmbeddedHost.Functions;
using Highwater.EmbeddedHost.State;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.Orchestrations;

/// <summary>
/// One run of an orchestration's code on the current thread: history is replayed, then what is new happens to it, and
/// it runs until it waits for something that has not happened.
/// </summary>
internal sealed class Episode
{
    private readonly EpisodePump _pump = new();
    private readonly InstanceRow _instance;
    private readonly ReplayContext _context;
    private readonly Func<TaskOrchestrationContext, Invocation> _begin;
    private Invocation? _invocation;
    private Task? _running;
    private object? _output;

    /// <param name="instance">The instance as stored.</param>
    /// <param name="begin">Prepares the call of the code.</param>
    /// <param name="loggers">Where the code logs to, when it does not replay.</param>
    public Episode(InstanceRow instance, Func<TaskOrchestrationContext, Invocation> begin, ILoggerFactory loggers)
    {
        _instance = instance;
        _context = new ReplayContext(instance, _pump, loggers);
        _begin = begin;
    }

    public EpisodeResult Run(IEnumerable<HistoryEvent> past, IEnumerable<HistoryEvent> news, DateTimeOffset now)
    {
        List<HistoryEvent> happened = [new HistoryEvent(EventKind.EpisodeStarted, now), .. news];
        var outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(_pump);
        try
        {
            foreach (var entry in past)
            {
                Apply(entry);
            }

            _context.Calls.EnsureAllConfirmed();
            _context.Replaying = false;
            foreach (var entry in happened)
            {
                Apply(entry);
            }

            return Outcome(happened);
        }
#pragma warning disable CA1031 // Whatever the code throws is the orchestration's failure.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return Failed(e, happened);
        }
        finally
        {
            _pump.Close();
            SynchronizationContext.SetSynchronizationContext(outer);
            _invocation?.Dispose();
        }
    }

    private void Apply(HistoryEvent entry)
    {
        switch (entry.Kind)
        {
            case EventKind.EpisodeStarted:
                if (_context.Replaying)
                {
                    _context.Calls.EnsureAllConfirmed();
                }

                _context.SetClock(entry.At);
                break;
            case EventKind.ExecutionStarted:
                _invocation = _begin(_context);
                _output = _invocation.Start();
                _running = _output is Task task ? FollowAsync(task) : Task.CompletedTask;
                _pump.Drain();
                break;
            case EventKind.ActivityScheduled or EventKind.SubOrchestrationCreated
                or EventKind.TimerCreated or EventKind.EventSent:
                _context.Calls.Confirm(entry, EndOfCode());
                break;
            case EventKind.ActivityCompleted or EventKind.ActivityFailed
                or EventKind.SubOrchestrationCompleted or EventKind.SubOrchestrationFailed
                or EventKind.TimerFired:
                _context.Calls.Answer(entry);
                _pump.Drain();
                break;
            case EventKind.EventRaised:
                _context.Events.Raise(entry.Name!, entry.Data);
                _pump.Drain();
                break;
            default:
                break;
        }
    }

    // Code that ended on another thread has not ended: that the pump refused it is what its run came to.
    private static async Task FollowAsync(Task code) => await code;

    private string? EndOfCode() => _running switch
    {
        { IsFaulted: true } failed =>
            $"failed with {TaskFailureDetails.FromException(failed.Exception.InnerException!)}",
        { IsCompleted: true } => "ended before it",
        _ => null,
    };

    private EpisodeResult Outcome(List<HistoryEvent> happened)
    {
        _pump.Drain();
        if (_running is not { IsCompleted: true } ended)
        {
            // Nothing durable is awaited: no event will ever wake this code again.
            if (!_context.Calls.AnyOpen && !_context.Events.AnyWaiting)
            {
                throw EpisodePump.InvalidInvocationError();
            }

            return Result(OrchestrationRuntimeStatus.Running, happened);
        }

        ended.GetAwaiter().GetResult();
        var output = _output is Task task ? _invocation!.ResultOf(task) : _output;
        return Result(OrchestrationRuntimeStatus.Completed, happened) with
        {
            Output = JsonData.Converter.Serialize(output),
            Continuation = _context.Continuation,
            KeptEvents = _context.Continuation is { KeepEvents: true } ? _context.Events.Kept : [],
        };
    }

    private EpisodeResult Failed(Exception e, List<HistoryEvent> happened)
    {
        var failure = TaskFailureDetails.FromException(e);
        return Result(OrchestrationRuntimeStatus.Failed, happened) with
        {
            Failure = failure,
            Output = failure.ToString(),
        };
    }

    private EpisodeResult Result(OrchestrationRuntimeStatus status, List<HistoryEvent> happened) => new(status)
    {
        Happened = happened,

        // A replay that broke off is behind what is stored.
        NewCalls = _context.Replaying ? [] : [.. _context.Calls.Unconfirmed],
        CustomStatus = _context.Replaying ? _instance.CustomStatus : _context.CustomStatus,
    };
}
