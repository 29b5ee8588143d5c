using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;

namespace Highwater.Engine.Tests.WalArchiving;

/// <summary>Base backups of which only the WAL they need matters.</summary>
internal static class TestBackups
{
    public static BackupRecord Needing(WalSegmentName first, WalSegmentName last, WalSegmentSize size)
    {
        var empty = new ObjectReference(Sha256Hash.Of([]), 0);
        var startedAt = new DateTimeOffset(2026, 11, 22, 2, 0, 0, TimeSpan.Zero);
        return new BackupRecord(
            1, BackupId.New(startedAt, []), WalScene.Cluster, 150_018, first.Timeline,
            new Lsn(first.Start(size).Value + 40), new Lsn(last.Start(size).Value + 0x100), first, last,
            startedAt, startedAt.AddMinutes(5), 128 << 10, empty, empty,
            new BackupSizes(1, 1, 1, 1, 1), [], []);
    }
}
