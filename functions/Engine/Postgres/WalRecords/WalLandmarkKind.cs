namespace Highwater.Engine.Postgres.WalRecords;

/// <summary>What in the WAL recovery can stop at.</summary>
public enum WalLandmarkKind
{
    Commit,
    Abort,
    RestorePoint,
}
