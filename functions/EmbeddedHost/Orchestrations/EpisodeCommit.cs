using DurableTask.Core.Exceptions;
using Highwater.EmbeddedHost.State;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.Orchestrations;

/// <summary>Writes one run of an orchestration's code: history, new calls and state, in one transaction.</summary>
internal sealed class EpisodeCommit(InstanceRow instance, EpisodeResult result, DateTimeOffset now)
{
    private readonly StepEffects _effects = new();

    /// <returns>Null when the instance ended while the code ran: then nothing is written.</returns>
    public StepEffects? Apply(StateSession session, IEnumerable<Message> handled)
    {
        var continued = result.Continuation is not null;
        var updated = instance with
        {
            Status = continued ? OrchestrationRuntimeStatus.Running : result.Status,
            Output = continued ? null : result.Output,
            CustomStatus = result.CustomStatus,
            Failure = result.Failure?.ToJson(),
            UpdatedAt = now,
        };
        if (!session.UpdateInstance(updated))
        {
            return null;
        }

        foreach (var message in handled)
        {
            session.RemoveMessage(message.Id);
        }

        foreach (var entry in result.Happened.Concat(result.NewCalls))
        {
            session.AppendHistory(instance.InstanceId, entry);
        }

        foreach (var call in result.NewCalls)
        {
            Make(session, call, ended: updated.IsFinished || continued);
        }

        if (result.Continuation is { } continuation)
        {
            BeginAnew(session, updated, continuation);
        }
        else if (updated.IsFinished)
        {
            End(session, updated);
        }

        _effects.Changed.Add(instance.InstanceId);
        return _effects;
    }

    private void Make(StateSession session, HistoryEvent call, bool ended)
    {
        switch (call.Kind)
        {
            case EventKind.ActivityScheduled:
                _effects.Activities.Add(session.AddActivity(instance.InstanceId, instance.ExecutionId, call));
                break;
            case EventKind.TimerCreated when !ended:
                var fired = new HistoryEvent(EventKind.TimerFired, call.FireAt!.Value) { TaskId = call.TaskId };
                session.Post(instance.InstanceId, fired, call.FireAt);
                _effects.Timer(call.FireAt.Value);
                break;
            case EventKind.SubOrchestrationCreated:
                StartSub(session, call);
                break;
            case EventKind.EventSent when session.FindInstance(call.Target!) is { IsFinished: false }:
                session.Post(
                    call.Target!, new HistoryEvent(EventKind.EventRaised, now) { Name = call.Name, Data = call.Data });
                _effects.Ready.Add(call.Target!);
                break;
            default:
                break;
        }
    }

    private void StartSub(StateSession session, HistoryEvent call)
    {
        var taskId = call.TaskId!.Value;
        var sub = new InstanceRow(call.Target!, Guid.NewGuid().ToString("N"), call.Name!)
        {
            Input = call.Data,
            CreatedAt = now,
            UpdatedAt = now,
            Parent = new ParentRow(instance.Name, instance.InstanceId, instance.ExecutionId, taskId),
        };
        try
        {
            session.StartInstance(sub, startAt: null, _effects);
        }
        catch (OrchestrationAlreadyExistsException e)
        {
            var failure = TaskFailureDetails.FromException(e).ToJson();
            session.Post(
                instance.InstanceId,
                new HistoryEvent(EventKind.SubOrchestrationFailed, now) { TaskId = taskId, Data = failure });
            _effects.Ready.Add(instance.InstanceId);
        }
    }

    private void BeginAnew(StateSession session, InstanceRow updated, Continuation continuation)
    {
        session.ClearHistory(instance.InstanceId);
        session.ClearAnswers(instance.InstanceId);
        session.RenewInstance(updated, Guid.NewGuid().ToString("N"), continuation.Input);
        var started = new HistoryEvent(EventKind.ExecutionStarted, now)
        {
            Name = instance.Name,
            Data = continuation.Input,
        };
        session.Post(instance.InstanceId, started);
        foreach (var (name, data) in result.KeptEvents)
        {
            // Older than whatever came into the inbox meanwhile.
            session.Post(
                instance.InstanceId,
                new HistoryEvent(EventKind.EventRaised, now) { Name = name, Data = data },
                DateTimeOffset.MinValue);
        }

        _effects.Ready.Add(instance.InstanceId);
    }

    private void End(StateSession session, InstanceRow ended)
    {
        var failed = ended.Status == OrchestrationRuntimeStatus.Failed;
        var kind = failed ? EventKind.ExecutionFailed : EventKind.ExecutionCompleted;
        session.AppendHistory(
            instance.InstanceId, new HistoryEvent(kind, now) { Data = failed ? ended.Failure : ended.Output });
        session.ClearInbox(instance.InstanceId);
        ParentNotice.Post(session, ended, result.Failure, now, _effects);
    }
}
