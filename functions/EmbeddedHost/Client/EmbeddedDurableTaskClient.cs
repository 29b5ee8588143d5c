using Highwater.EmbeddedHost.Dispatch;
using Highwater.EmbeddedHost.Orchestrations;
using Highwater.EmbeddedHost.State;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.Client;

/// <summary>The client of the orchestrations in this process's state directory.</summary>
internal sealed class EmbeddedDurableTaskClient(
    StateDatabase database, Effects effects, InstanceSignals signals, TimeProvider time)
    : DurableTaskClient("embedded")
{
    public override Task<string> ScheduleNewOrchestrationInstanceAsync(
        TaskName orchestratorName,
        object? input = null,
        StartOrchestrationOptions? options = null,
        CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(orchestratorName.Name, nameof(orchestratorName));
        cancellation.ThrowIfCancellationRequested();
        var now = time.GetUtcNow();
        var id = options?.InstanceId is { Length: > 0 } given ? given : Guid.NewGuid().ToString("N");
        var instance = new InstanceRow(id, Guid.NewGuid().ToString("N"), orchestratorName.Name)
        {
            Input = JsonData.Converter.Serialize(input),
            Tags = options?.Tags is { Count: > 0 } tags ? JsonData.Converter.Serialize(tags) : null,
            CreatedAt = now,
            UpdatedAt = now,
        };
        var startAt = options?.StartAt is { } later && later > now ? later : (DateTimeOffset?)null;
        Commit(CommitKind.Start, instance.Name, (session, done) => session.StartInstance(instance, startAt, done));
        return Task.FromResult(id);
    }

    public override Task RaiseEventAsync(
        string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        var raised = new HistoryEvent(EventKind.EventRaised, time.GetUtcNow())
        {
            Name = eventName,
            Data = JsonData.Converter.Serialize(eventPayload),
        };
        Commit(CommitKind.Event, eventName, (session, done) =>
        {
            session.RequireUnfinished(instanceId, "raise an event to");
            session.Post(instanceId, raised);
            done.Ready.Add(instanceId);
        });
        return Task.CompletedTask;
    }

    public override Task<OrchestrationMetadata> WaitForInstanceStartAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        WaitAsync(
            instanceId, row => row.Status != OrchestrationRuntimeStatus.Pending, getInputsAndOutputs, cancellation);

    public override Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        WaitAsync(instanceId, row => row.IsFinished, getInputsAndOutputs, cancellation);

    public override Task TerminateInstanceAsync(
        string instanceId, TerminateInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        var output = JsonData.Converter.Serialize(options?.Output);
        Commit(CommitKind.Terminate, instanceId, (session, done) =>
        {
            session.RequireUnfinished(instanceId, "terminate");
            session.Terminate(instanceId, output, options?.Recursive ?? false, time.GetUtcNow(), done);
        });
        return Task.CompletedTask;
    }

    public override Task SuspendInstanceAsync(
        string instanceId, string? reason = null, CancellationToken cancellation = default)
    {
        Commit(
            CommitKind.Suspend,
            instanceId,
            (session, done) => session.Suspend(instanceId, reason, time.GetUtcNow(), done));
        return Task.CompletedTask;
    }

    public override Task ResumeInstanceAsync(
        string instanceId, string? reason = null, CancellationToken cancellation = default)
    {
        Commit(
            CommitKind.Resume,
            instanceId,
            (session, done) => session.Resume(instanceId, reason, time.GetUtcNow(), done));
        return Task.CompletedTask;
    }

    public override Task<OrchestrationMetadata?> GetInstancesAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default)
    {
        var row = database.Read(session => session.FindInstance(instanceId));
        return Task.FromResult(row?.ToMetadata(getInputsAndOutputs));
    }

    public override AsyncPageable<OrchestrationMetadata> GetAllInstancesAsync(OrchestrationQuery? filter = null) =>
        new InstancePages(database, filter ?? new OrchestrationQuery());

    public override Task<PurgeResult> PurgeInstanceAsync(
        string instanceId, PurgeInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        var purged = database.Write(
            CommitKind.Purge, instanceId, session => session.Purge(instanceId, options?.Recursive ?? false));
        return Task.FromResult(new PurgeResult(purged));
    }

    public override Task<PurgeResult> PurgeAllInstancesAsync(
        PurgeInstancesFilter filter, PurgeInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var query = new OrchestrationQuery(filter.CreatedFrom, filter.CreatedTo, filter.Statuses);
        var purged = database.Write(CommitKind.Purge, "*", session => session
            .SearchInstances(query, afterId: null, int.MaxValue)
            .Sum(row => session.Purge(row.InstanceId, options?.Recursive ?? false)));
        return Task.FromResult(new PurgeResult(purged));
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<OrchestrationMetadata> WaitAsync(
        string instanceId, Func<InstanceRow, bool> reached, bool withData, CancellationToken cancellation)
    {
        while (true)
        {
            var changed = signals.NextChange(instanceId);
            if (database.Read(session => session.FindInstance(instanceId)) is { } row && reached(row))
            {
                return row.ToMetadata(withData);
            }

            await changed.WaitAsync(cancellation);
        }
    }

    private void Commit(CommitKind kind, string subject, Action<StateSession, StepEffects> write)
    {
        var done = new StepEffects();
        database.Write(kind, subject, session => write(session, done));
        effects.Apply(done);
    }
}
