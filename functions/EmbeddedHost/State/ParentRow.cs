namespace Highwater.EmbeddedHost.State;

/// <summary>Who started a sub-orchestration, and which of its calls awaits the result.</summary>
internal sealed record ParentRow(string Name, string InstanceId, string ExecutionId, int TaskId);
