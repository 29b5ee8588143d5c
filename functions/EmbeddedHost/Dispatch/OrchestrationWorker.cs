using System.Reflection;
using Highwater.EmbeddedHost.Functions;
using Highwater.EmbeddedHost.Orchestrations;
using Highwater.EmbeddedHost.State;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.Dispatch;

/// <summary>Runs the code of orchestrations that something happened to, and writes what comes of it.</summary>
internal sealed class OrchestrationWorker(
    StateDatabase database,
    FunctionIndex functions,
    FunctionInvoker invoker,
    ReadyQueue ready,
    Effects effects,
    GivingUp givingUp,
    TimeProvider time,
    ILoggerFactory loggers)
{
    private static readonly TimeSpan RestAfterTrouble = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RestWhenStuck = TimeSpan.FromMinutes(1);

    private readonly FailedAttempts<string> _failed = new(time, ready.Add);
    private readonly ILogger _log = loggers.CreateLogger<OrchestrationWorker>();

    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            var instanceId = await ready.TakeAsync(cancellation);
            try
            {
                if (!_failed.IsResting(instanceId))
                {
                    Step(instanceId);
                    _failed.Forget(instanceId);
                }
            }
#pragma warning disable CA1031 // The code's own exceptions end as its failure; what comes here concerns the host.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Failed(instanceId, e, cancellation);
            }
            finally
            {
                ready.Done(instanceId);
            }
        }
    }

    private void Failed(string instanceId, Exception error, CancellationToken stopping)
    {
        if (DatabaseTrouble.Is(error))
        {
            // No fault of the instance, so it costs it no attempt.
            DispatchLog.StepWaits(_log, instanceId, RestAfterTrouble.TotalSeconds, error);
            _failed.Rest(instanceId, RestAfterTrouble, stopping);
            return;
        }

        var attempt = _failed.Count(instanceId);
        if (attempt < FailedAttempts<string>.Limit)
        {
            var rest = FailedAttempts<string>.RestAfter(attempt);
            DispatchLog.StepFailed(
                _log, instanceId, attempt, FailedAttempts<string>.Limit, rest.TotalSeconds, error);
            _failed.Rest(instanceId, rest, stopping);
            return;
        }

        try
        {
            givingUp.OnInstance(instanceId, attempt, error);
            _failed.Forget(instanceId);
        }
#pragma warning disable CA1031 // Nothing is left but to say so and to try again, out of everybody's way.
        catch (Exception e)
#pragma warning restore CA1031
        {
            DispatchLog.NotGivenUp(_log, instanceId, RestWhenStuck.TotalSeconds, e);
            _failed.Rest(instanceId, RestWhenStuck, stopping);
        }
    }

    private void Step(string instanceId)
    {
        var (instance, past, inbox, now) = database.Read(session =>
        {
            // Not before the database is ours: the code must not run at an earlier time than what it hears of.
            var clock = time.GetUtcNow();
            return (session.FindInstance(instanceId), session.ReadHistory(instanceId),
                session.ReadInbox(instanceId, clock), clock);
        });
        if (!IsRunnable(instance, past, inbox))
        {
            return;
        }

        var result = Run(instance!, past, inbox, now);
        var commit = new EpisodeCommit(instance!, result, time.GetUtcNow());
        if (database.Write(
            CommitKind.Episode, instance!.Name, session => commit.Apply(session, inbox)) is { } done)
        {
            effects.Apply(done);
            Report(instance!, result);
        }
    }

    private static bool IsRunnable(InstanceRow? instance, List<HistoryEvent> past, List<Message> inbox) =>
        instance is { IsFinished: false, Status: not OrchestrationRuntimeStatus.Suspended }
        && inbox.Count > 0
        && (inbox[0].Event.Kind == EventKind.ExecutionStarted
            || past.Exists(entry => entry.Kind == EventKind.ExecutionStarted));

    private EpisodeResult Run(
        InstanceRow instance, List<HistoryEvent> past, List<Message> inbox, DateTimeOffset now)
    {
        var news = inbox.Select(message => message.Event).ToList();
        if (functions.Find(FunctionKind.Orchestration, instance.Name) is not { } entry)
        {
            var missing = new TaskFailureDetails(
                "OrchestratorTaskNotFound", $"No orchestration named '{instance.Name}' was found.", null, null, null);
            return new EpisodeResult(OrchestrationRuntimeStatus.Failed)
            {
                Happened = news,
                Failure = missing,
                Output = missing.ToString(),
                CustomStatus = instance.CustomStatus,
            };
        }

        return new Episode(instance, Begin, loggers).Run(past, news, now);

        // No token: a stop of the host must not change what the code does. It goes on at the next start.
        Invocation Begin(TaskOrchestrationContext context) => invoker.Begin(
            entry,
            (parameter, _) => Argument(parameter, entry, context, instance.Input),
            new Dictionary<string, object?> { ["instanceId"] = instance.InstanceId },
            CancellationToken.None);
    }

    private static object? Argument(
        ParameterInfo parameter, FunctionEntry entry, TaskOrchestrationContext context, string? input) =>
        parameter == entry.TriggerParameter
            ? context
            : JsonData.Converter.Deserialize(input, parameter.ParameterType);

    private void Report(InstanceRow instance, EpisodeResult result)
    {
        if (result.Failure is { } failure)
        {
            DispatchLog.OrchestrationFailed(_log, instance.Name, instance.InstanceId, failure.ToString());
        }
        else if (result is { Status: OrchestrationRuntimeStatus.Completed, Continuation: null })
        {
            DispatchLog.OrchestrationCompleted(_log, instance.Name, instance.InstanceId);
        }
    }
}
