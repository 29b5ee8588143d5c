namespace Highwater.FunctionApp.BaseBackup;

/// <summary>One base backup in one repository.</summary>
public sealed record BackupStep(string Repository, string BackupId);
