using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;

namespace Highwater.Engine.Verification;

/// <summary>Decides which objects are checked and how. Pure.</summary>
internal static class CheckPlanner
{
    /// <param name="backups">Every base backup that can be understood, oldest first.</param>
    /// <param name="lengths">What the listings of packs, base backups and WAL say, by key.</param>
    /// <param name="request">What is to be verified.</param>
    /// <param name="segmentSize">Of the cluster.</param>
    public static IReadOnlyList<ObjectCheck> Plan(
        IReadOnlyList<BackupRecord> backups,
        IReadOnlyDictionary<string, long> lengths,
        VerifyRequest request,
        WalSegmentSize segmentSize)
    {
        var checks = new Dictionary<string, ObjectCheck>();
        var older = new HashSet<string>();
        foreach (var backup in backups)
        {
            if (request.Only is null || request.Only == backup.Id)
                AddBackup(backup);
            if (request.Depth == VerifyDepth.NewPacks)
                older.UnionWith(backup.Packs.Select(pack => RepositoryLayout.Pack(pack.Sha256)));
        }

        if (request.Only is null)
            AddStoredWal();
        return [.. checks.Values];

        void AddBackup(BackupRecord backup)
        {
            Add(RepositoryLayout.FileList(backup.Id), CheckKind.FileList, backup.FileList, backup);
            Add(RepositoryLayout.Manifest(backup.Id), CheckKind.Manifest, backup.Manifest, backup);
            foreach (var pack in backup.Packs)
            {
                var key = RepositoryLayout.Pack(pack.Sha256);
                Add(key, older.Contains(key) ? CheckKind.Presence : CheckKind.Hash, pack, null);
            }

            foreach (var segment in WalSegmentName.Range(backup.FirstSegment, backup.LastSegment, segmentSize))
                AddWal(WalFileName.Of(segment), request.Only is not null && segment == backup.FirstSegment);
        }

        void AddStoredWal()
        {
            foreach (var key in lengths.Keys)
            {
                if (RepositoryLayout.WalFileOf(key) is { } file)
                    AddWal(file);
                else if (RepositoryLayout.WalPieceOf(key) is { } piece)
                    checks.TryAdd(
                        key, new ObjectCheck(key, CheckKind.WalPiece, Stored(key), null, Piece: piece));
            }
        }

        void AddWal(WalFileName file, bool startsRecovery = false)
        {
            var key = RepositoryLayout.WalFile(file);
            checks.TryAdd(key, new ObjectCheck(
                key, CheckKind.Wal, Stored(key), null, null, file, StartsRecovery: startsRecovery));
        }

        void Add(string key, CheckKind kind, ObjectReference expected, BackupRecord? backup) =>
            checks.TryAdd(key, new ObjectCheck(key, kind, Stored(key), expected, backup));

        long? Stored(string key) => lengths.TryGetValue(key, out var length) ? length : null;
    }
}
