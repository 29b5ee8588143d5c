using Highwater.EmbeddedHost.State;
using Microsoft.DurableTask;
using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.Orchestrations;

/// <summary>The context given to an orchestration's code during one run of it.</summary>
internal sealed class ReplayContext : TaskOrchestrationContext
{
    // What a status that was never set reads as, once the code has run.
    private const string NoStatus = "null";

    private readonly InstanceRow _instance;
    private readonly EpisodePump _pump;
    private readonly RetryLoop _retries;
    private DateTimeOffset _now;
    private int _guids;

    public ReplayContext(InstanceRow instance, EpisodePump pump, ILoggerFactory loggers)
    {
        _instance = instance;
        _pump = pump;
        LoggerFactory = loggers;
        Calls = new CallLedger(instance.Name, instance.InstanceId);
        Events = new ExternalEvents(pump);
        CustomStatus = instance.CustomStatus ?? NoStatus;
        Parent = instance.Parent is { } parent
            ? new ParentOrchestrationInstance(parent.Name, parent.InstanceId)
            : null;
        _retries = new RetryLoop(this, Calls);
    }

    public override TaskName Name => _instance.Name;

    public override string InstanceId => _instance.InstanceId;

    public override ParentOrchestrationInstance? Parent { get; }

    public override DateTime CurrentUtcDateTime => _now.UtcDateTime;

    public override bool IsReplaying => Replaying;

    internal bool Replaying { get; set; } = true;

    internal CallLedger Calls { get; }

    internal ExternalEvents Events { get; }

    internal string CustomStatus { get; private set; }

    internal Continuation? Continuation { get; private set; }

    protected override ILoggerFactory LoggerFactory { get; }

    public override T? GetInput<T>()
        where T : default => JsonData.Converter.Deserialize<T>(_instance.Input);

    public override async Task<TResult> CallActivityAsync<TResult>(
        TaskName name, object? input = null, TaskOptions? options = null)
    {
        _pump.EnsureInside();
        var data = JsonData.Converter.Serialize(input);
        var result = await _retries.CallAsync(
            name.Name,
            () => new HistoryEvent(EventKind.ActivityScheduled, _now) { Name = name.Name, Data = data },
            options?.Retry);
        return JsonData.Converter.Deserialize<TResult>(result)!;
    }

    public override async Task<TResult> CallSubOrchestratorAsync<TResult>(
        TaskName orchestratorName, object? input = null, TaskOptions? options = null)
    {
        _pump.EnsureInside();
        var data = JsonData.Converter.Serialize(input);

        // One id for all attempts: each replaces the failed one before it.
        var instanceId = (options as SubOrchestrationOptions)?.InstanceId ?? NewGuid().ToString("N");
        var result = await _retries.CallAsync(
            orchestratorName.Name,
            () => new HistoryEvent(EventKind.SubOrchestrationCreated, _now)
            {
                Name = orchestratorName.Name,
                Data = data,
                Target = instanceId,
            },
            options?.Retry);
        return JsonData.Converter.Deserialize<TResult>(result)!;
    }

    public override Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
    {
        _pump.EnsureInside();
        var due = new DateTimeOffset(
            fireAt.Kind == DateTimeKind.Unspecified ? DateTime.SpecifyKind(fireAt, DateTimeKind.Utc) : fireAt);
        var fired = Calls.Make(new HistoryEvent(EventKind.TimerCreated, _now) { FireAt = due.ToUniversalTime() });
        _pump.OnCancelled(() => Calls.Cancel(fired, cancellationToken), cancellationToken);
        return fired.Task;
    }

    public override async Task<T> WaitForExternalEvent<T>(
        string eventName, CancellationToken cancellationToken = default)
    {
        _pump.EnsureInside();
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        return JsonData.Converter.Deserialize<T>(await Events.Wait(eventName, cancellationToken))!;
    }

    public override void SendEvent(string instanceId, string eventName, object payload)
    {
        _pump.EnsureInside();
        Calls.MakeWithoutAnswer(new HistoryEvent(EventKind.EventSent, _now)
        {
            Name = eventName,
            Target = instanceId,
            Data = JsonData.Converter.Serialize(payload),
        });
    }

    public override void SetCustomStatus(object? customStatus)
    {
        _pump.EnsureInside();
        CustomStatus = JsonData.Converter.Serialize(customStatus) ?? NoStatus;
    }

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true)
    {
        _pump.EnsureInside();
        Continuation = new Continuation(JsonData.Converter.Serialize(newInput), preserveUnprocessedEvents);
    }

    public override Guid NewGuid()
    {
        _pump.EnsureInside();
        return DeterministicGuid.From($"{InstanceId}/{_instance.ExecutionId}/{_guids++}");
    }

    internal void SetClock(DateTimeOffset now) => _now = now;
}
