namespace Highwater.Engine.Postgres;

/// <summary>What to ask pg_basebackup for.</summary>
/// <param name="Label">Stands in backup_label and in the backup history file.</param>
/// <param name="ApplicationName">Under which the server shows it; what <see cref="ReadBackupProgress"/> asks for. At
/// most 63 bytes.</param>
/// <param name="StagingDirectory">
/// Where the tars are collected if the cluster has tablespaces of its own: it must not exist, needs room for all of the
/// cluster, and is gone when the base backup is disposed. Unused otherwise.
/// </param>
public sealed record BaseBackupRequest(string Label, string ApplicationName, string StagingDirectory)
{
    /// <summary>How long the server may send nothing before it is given up.</summary>
    public TimeSpan IdleDeadline { get; init; } = TimeSpan.FromMinutes(10);
}
