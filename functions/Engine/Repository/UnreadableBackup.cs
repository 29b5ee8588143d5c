using Highwater.Engine.Errors;

namespace Highwater.Engine.Repository;

/// <summary>A base backup whose commit is there and cannot be understood.</summary>
/// <param name="Id">The name of its folder.</param>
/// <param name="Error">Why, with the remedy.</param>
public sealed record UnreadableBackup(BackupId Id, HighwaterException Error);
