using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;

namespace Highwater.Engine.Tests.Repository;

/// <summary>Commits of which only the objects they name matter.</summary>
internal static class TestRecord
{
    public static BackupRecord Of(BackupId id, ObjectReference fileList, IReadOnlyList<ObjectReference> packs) => new(
        RepositoryLayout.Format,
        id,
        new SystemIdentifier(7310938764291650493),
        150_018,
        1,
        new Lsn(0x400_0028),
        new Lsn(0x400_0138),
        WalSegmentName.Parse("000000010000000000000004"),
        WalSegmentName.Parse("000000010000000000000004"),
        id.StartedAt,
        id.StartedAt.AddMinutes(1),
        RepositoryDescription.DefaultChunkSize,
        fileList,
        new ObjectReference(Sha256Hash.Of([]), 0),
        new BackupSizes(1, 1, 1, 1, 1),
        packs,
        []);
}
