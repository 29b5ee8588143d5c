using Highwater.EmbeddedHost.Dispatch;
using Highwater.EmbeddedHost.Http;
using Highwater.EmbeddedHost.Orchestrations;
using Highwater.EmbeddedHost.State;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using CoreEvent = DurableTask.Core.History.HistoryEvent;

namespace Highwater.EmbeddedHost.Client;

/// <summary>The client of the orchestrations in this process's state directory.</summary>
internal sealed class EmbeddedDurableTaskClient(
    StateDatabase database, Effects effects, InstanceSignals signals, ManagementPayload links, TimeProvider time)
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
        var id = InstanceIds.For(options);
        var refusing = InstanceIds.Refusing(options);
        var instance = new InstanceRow(id, Guid.NewGuid().ToString("N"), orchestratorName.Name)
        {
            Input = JsonData.Converter.Serialize(input),
            Tags = options?.Tags is { Count: > 0 } tags ? JsonData.Converter.Serialize(tags) : null,
            CreatedAt = now,
            UpdatedAt = now,
        };
        var startAt = options?.StartAt is { } later && later > now ? later : (DateTimeOffset?)null;
        Commit(CommitKind.Start, instance.Name, (session, done) =>
        {
            session.MakeRoom(id, refusing, done, now);
            session.StartInstance(instance, startAt, done);
        });
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
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        var row = database.Read(session => session.FindInstance(instanceId));
        return Task.FromResult(row?.ToMetadata(getInputsAndOutputs));
    }

    public override AsyncPageable<OrchestrationMetadata> GetAllInstancesAsync(OrchestrationQuery? filter = null) =>
        new InstancePages(database, filter ?? new OrchestrationQuery());

    public override Task<PurgeResult> PurgeInstanceAsync(
        string instanceId, PurgeInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        var purged = database.Write(
            CommitKind.Purge, instanceId, session => session.Purge(instanceId, options?.Recursive ?? false));
        return Task.FromResult(new PurgeResult(purged));
    }

    public override Task<PurgeResult> PurgeAllInstancesAsync(
        PurgeInstancesFilter filter, PurgeInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return new InstancePurge(database, time).RunAsync(filter, options?.Recursive ?? false, cancellation);
    }

    public override Task<string> RestartAsync(
        string instanceId, bool restartWithNewInstanceId = false, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        var now = time.GetUtcNow();
        var newId = restartWithNewInstanceId ? Guid.NewGuid().ToString("N") : instanceId;
        Commit(CommitKind.Start, instanceId, (session, done) => session.Restart(instanceId, newId, now, done));
        return Task.FromResult(newId);
    }

    public override Task RewindInstanceAsync(
        string instanceId, string reason, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        Commit(
            CommitKind.Rewind,
            instanceId,
            (session, done) => session.Rewind(instanceId, reason, time.GetUtcNow(), done));
        return Task.CompletedTask;
    }

    public override Task<IList<CoreEvent>> GetOrchestrationHistoryAsync(
        string instanceId, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        var lines = database.Read(session => session.FindInstance(instanceId) is null
            ? throw InstanceErrors.Unknown(instanceId)
            : session.ReadHistory(instanceId));
        return Task.FromResult<IList<CoreEvent>>(lines.ConvertAll<CoreEvent>(line => new RecordedEvent(line)));
    }

    public override Task<Page<string>> ListInstanceIdsAsync(
        IEnumerable<OrchestrationRuntimeStatus>? runtimeStatus = null,
        DateTimeOffset? completedTimeFrom = null,
        DateTimeOffset? completedTimeTo = null,
        int pageSize = OrchestrationQuery.DefaultPageSize,
        string? lastInstanceKey = null,
        CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pageSize);
        var found = database.Read(session => session.SearchInstanceIds(
            runtimeStatus, completedTimeFrom, completedTimeTo, lastInstanceKey, checked(pageSize + 1)));
        var page = found.Take(pageSize).ToList();
        return Task.FromResult(new Page<string>(page, found.Count > pageSize ? page[^1] : null));
    }

    /// <returns>Links to an instance; null when no HTTP is served.</returns>
    public HttpManagementPayload? ManagementPayload(string instanceId) => links.For(instanceId);

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<OrchestrationMetadata> WaitAsync(
        string instanceId, Func<InstanceRow, bool> reached, bool withData, CancellationToken cancellation)
    {
        using var watch = signals.Watch(instanceId);
        while (true)
        {
            if (database.Read(session => session.FindInstance(instanceId)) is { } row && reached(row))
            {
                return row.ToMetadata(withData);
            }

            await watch.ChangedAsync(cancellation);
        }
    }

    private void Commit(CommitKind kind, string subject, Action<StateSession, StepEffects> write)
    {
        var done = new StepEffects();
        database.Write(kind, subject, session => write(session, done));
        effects.Apply(done);
    }
}
