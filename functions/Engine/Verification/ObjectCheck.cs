using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;

namespace Highwater.Engine.Verification;

/// <summary>One object and what is expected of it.</summary>
/// <param name="Key">In the repository.</param>
/// <param name="Kind">How it is checked.</param>
/// <param name="StoredLength">What the listing says; null if it is not there.</param>
/// <param name="Expected">Hash and length; null where only the object itself knows.</param>
/// <param name="Backup">The base backup whose list or manifest it is.</param>
/// <param name="Wal">The WAL file it is.</param>
/// <param name="Piece">The piece of an unfinished segment it is.</param>
/// <param name="StartsRecovery">It is the WAL segment recovery begins in; what is in front of it is not looked
/// at.</param>
internal sealed record ObjectCheck(
    string Key,
    CheckKind Kind,
    long? StoredLength,
    ObjectReference? Expected,
    BackupRecord? Backup = null,
    WalFileName? Wal = null,
    WalPieceName? Piece = null,
    bool StartsRecovery = false)
{
    /// <summary>How many bytes the check reads or hashes.</summary>
    public long BytesToHash => Kind == CheckKind.Presence ? 0 : StoredLength ?? 0;
}
