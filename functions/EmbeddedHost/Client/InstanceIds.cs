using DurableTask.Core.Exceptions;
using Highwater.EmbeddedHost.Orchestrations;
using Highwater.EmbeddedHost.State;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.Client;

/// <summary>Which ids a new instance may have, and what becomes of an instance that has the id already.</summary>
internal static class InstanceIds
{
    private const int MaxLength = 256;

    /// <summary>The id asked for, or a new one.</summary>
    /// <exception cref="ArgumentException">It is one that the Azure Functions host refuses too.</exception>
    public static string For(StartOrchestrationOptions? options)
    {
        if (options?.InstanceId is not { Length: > 0 } id)
        {
            return Guid.NewGuid().ToString("N");
        }

        if (id.Length > MaxLength)
        {
            throw new ArgumentException($"Instance ID lengths must not exceed {MaxLength} characters.");
        }

        return id[0] != '@' && !id.Any(c => char.IsControl(c) || c is '/' or '\\' or '#' or '?')
            ? id
            : throw new ArgumentException(
                "Orchestration instance ids must not start with @, and must not contain /, \\, #, ?, or control "
                + "characters.");
    }

    /// <summary>Ends an unfinished instance of the id if the options let it be replaced.</summary>
    /// <exception cref="OrchestrationAlreadyExistsException">They do not.</exception>
    public static void MakeRoom(
        this StateSession session, string instanceId, ISet<OrchestrationRuntimeStatus>? refusing, StepEffects effects,
        DateTimeOffset now)
    {
        if (session.FindInstance(instanceId) is not { } existing)
        {
            return;
        }

        if (refusing?.Contains(existing.Status) ?? !existing.IsFinished)
        {
            throw new OrchestrationAlreadyExistsException(
                $"An Orchestration instance with the ID {instanceId} already exists.");
        }

        session.Terminate(instanceId, output: null, recursive: false, now, effects);
    }

    /// <exception cref="ArgumentException">A name is no status.</exception>
    public static HashSet<OrchestrationRuntimeStatus>? Refusing(StartOrchestrationOptions? options) =>
        options?.DedupeStatuses?.Select(name =>
            Enum.TryParse<OrchestrationRuntimeStatus>(name, ignoreCase: true, out var status)
                ? status
                : throw new ArgumentException(
                    $"Invalid orchestration runtime status: '{name}' for deduplication.")).ToHashSet();
}
