namespace Highwater.FunctionApp.WalSync;

/// <summary>One pass of replication.</summary>
/// <param name="Repository">The repository to bring level.</param>
/// <param name="Budget">How long it may begin new files.</param>
public sealed record ReplicationStep(string Repository, TimeSpan Budget);
