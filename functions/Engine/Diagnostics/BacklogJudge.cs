namespace Highwater.Engine.Diagnostics;

/// <summary>Says how far a repository is behind the local one. Pure.</summary>
internal static class BacklogJudge
{
    // WAL goes on within a sync or two, and a base backup within the run that took it.
    private static readonly TimeSpan LongWait = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan TooLongWait = TimeSpan.FromDays(1);

    private const int NormalFiles = 8;

    public static IEnumerable<StatusLine> Judge(RepositoryStatus status)
    {
        if (status.Behind is not { } behind)
            yield break;
        if (behind.IsNone)
            yield return new StatusLine(StatusLevel.Ok, status.Name, "It holds all that the local repository holds.");
        else
            yield return new StatusLine(
                LevelOf(behind),
                status.Name,
                $"It is behind the local repository by {behind.BaseBackups} base backups and {behind.WalFiles} WAL "
                + $"files, {new ByteCount(behind.Bytes)}"
                + (behind.OldestAge is { } age ? $"; the oldest of these files waits for {new Duration(age)}." : "."),
                "it catches up by itself while 'highwater serve' runs; to do it now: highwater wal-sync, highwater "
                + "backup");
    }

    private static StatusLevel LevelOf(ReplicationBacklog behind) => behind switch
    {
        { OldestAge: { } age } when age > TooLongWait => StatusLevel.Fail,
        { OldestAge: { } age } when age > LongWait => StatusLevel.Warn,
        { BaseBackups: 0, WalFiles: <= NormalFiles } => StatusLevel.Ok,
        _ => StatusLevel.Warn,
    };
}
