using System.Text;
using Highwater.Engine.Postgres;
using Highwater.Engine.Storage;

namespace Highwater.Engine.Repository;

/// <summary>Every key of repository format 1: the one place where paths are made and taken apart. FORMAT.md says what
/// they hold.</summary>
public static class RepositoryLayout
{
    public const int Format = 1;

    public const string Description = "repository.json";
    public const string FormatDocument = "FORMAT.md";
    public const string RestoreScript = "restore.sh";

    public const string Packs = "packs/";
    public const string BaseBackups = "base-backups/";
    public const string WalArchive = "wal-archive/";
    public const string Leases = "leases/";
    public const string Counterparts = "counterparts/";
    public const string Temporary = "tmp/";

    private const string CommitName = "/backup.json";

    /// <summary>A pack, by the SHA-256 of its file.</summary>
    public static string Pack(Sha256Hash pack)
    {
        var name = pack.ToString();
        return $"{Packs}{name[..2]}/{name}.tar";
    }

    /// <summary>The hash a pack's key stands for, or null if the key is not a pack's.</summary>
    public static Sha256Hash? PackOf(string key)
    {
        var name = key[(key.LastIndexOf('/') + 1)..];
        return name.EndsWith(".tar", StringComparison.Ordinal) && Sha256Hash.TryParse(name[..^4], out var hash)
            && Pack(hash) == key ? hash : null;
    }

    /// <summary>The object whose presence makes a base backup: written last, deleted first.</summary>
    public static string BackupCommit(BackupId id) => BaseBackups + id + CommitName;

    public static string FileList(BackupId id) => $"{BaseBackups}{id}/files.jsonl.zst";

    public static string Manifest(BackupId id) => $"{BaseBackups}{id}/backup_manifest.zst";

    /// <summary>The base backup whose commit a key is, or null if it is another object.</summary>
    public static BackupId? BackupOfCommit(string key) =>
        key.StartsWith(BaseBackups, StringComparison.Ordinal) && key.EndsWith(CommitName, StringComparison.Ordinal)
            && BackupId.TryParse(key[BaseBackups.Length..^CommitName.Length], out var id) ? id : null;

    /// <summary>The base backup any key under its folder belongs to, or null if the key is none such.</summary>
    public static BackupId? BackupOf(string key)
    {
        var end = key.StartsWith(BaseBackups, StringComparison.Ordinal) ? key.IndexOf('/', BaseBackups.Length) : -1;
        return end > 0 && BackupId.TryParse(key[BaseBackups.Length..end], out var id) ? id : null;
    }

    /// <summary>
    /// A file of the WAL archive by the name PostgreSQL gave it: segments and partial segments compressed in the folder
    /// of their timeline and log, backup history files raw beside them, timeline history files raw at the top.
    /// </summary>
    public static string WalFile(WalFileName name) => name.Kind switch
    {
        WalFileKind.TimelineHistory => WalArchive + name,
        WalFileKind.BackupHistory => $"{WalFolder(name.Segment)}{name}",
        _ => $"{WalFolder(name.Segment)}{name}.zst",
    };

    /// <summary>The folder of all segments that share timeline and log with the given one.</summary>
    public static string WalFolder(WalSegmentName segment) => $"{WalArchive}{segment.Timeline:X8}{segment.Log:X8}/";

    /// <summary>The name PostgreSQL gave to the file under a key of the WAL archive, or null if the key is not
    /// one.</summary>
    public static WalFileName? WalFileOf(string key)
    {
        var name = key[(key.LastIndexOf('/') + 1)..];
        if (name.EndsWith(".zst", StringComparison.Ordinal))
            name = name[..^4];
        return WalFileName.TryParse(name, out var file) && WalFile(file) == key ? file : null;
    }

    /// <summary>A piece of an unfinished segment: beside the segments of its timeline and log, under a name that is
    /// none PostgreSQL gives.</summary>
    public static string WalPiece(WalPieceName piece) => $"{WalFolder(piece.Segment)}{piece}.zst";

    /// <summary>The piece under a key of the WAL archive, or null if the key is not one.</summary>
    public static WalPieceName? WalPieceOf(string key)
    {
        var name = key[(key.LastIndexOf('/') + 1)..];
        return name.EndsWith(".zst", StringComparison.Ordinal) && WalPieceName.TryParse(name[..^4], out var piece)
            && WalPiece(piece) == key ? piece : null;
    }

    public static string Lease(string holder) => $"{Leases}{holder}.json";

    /// <summary>What is remembered of the repository at an address, by the SHA-256 of the address in UTF-8.</summary>
    public static string Counterpart(string address) =>
        $"{Counterparts}{Sha256Hash.Of(Encoding.UTF8.GetBytes(address))}.json";
}
