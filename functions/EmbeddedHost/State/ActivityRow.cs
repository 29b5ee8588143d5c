namespace Highwater.EmbeddedHost.State;

/// <summary>An activity that has been scheduled and has no result yet.</summary>
internal sealed record ActivityRow(
    long Id, string InstanceId, string ExecutionId, int TaskId, string Name, string? Input);
