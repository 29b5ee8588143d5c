using System.Globalization;
using Highwater.Engine.Errors;

namespace Highwater.Engine.Storage;

/// <summary>The errors every storage has in common, worded once. <c>place</c> is the storage's address and the
/// key.</summary>
internal static class StorageErrors
{
    public static HighwaterException Missing(string place, Exception? inner = null) => new(
        ErrorCodes.StorageObjectMissing,
        $"There is no object {place}: the storage answered and does not have it.",
        "run `highwater verify` to learn what else is missing; `highwater verify --repair` restores it from another "
            + "repository.",
        inner);

    public static HighwaterException Conflict(
        string place, long lengthThere, Sha256Hash? hashThere, ObjectContent wanted) => new(
        ErrorCodes.StorageConflict,
        $"{place} is there already with other bytes "
            + $"({Bytes(lengthThere)}{(hashThere is { } h ? $", SHA-256 {h}" : "")}) than "
        + $"those to be stored ({Bytes(wanted.Length)}, SHA-256 {wanted.Hash}). Nothing was overwritten.",
        "find out whose object it is (another cluster or a cloned server writing into the same repository?); give each "
        + "cluster its own repository path. If the object there is damaged, move it away and run again.");

    public static HighwaterException Mismatch(string place, ObjectContent wanted, long length, Sha256Hash hash) => new(
        ErrorCodes.StorageContentMismatch,
        $"The bytes for {place} are not what was announced: {Bytes(length)} with SHA-256 {hash} came, "
        + $"{Bytes(wanted.Length)} with SHA-256 {wanted.Hash} were expected. Nothing was published.",
        "run again; if it happens again the source of the bytes changes while it is read, or its disk or memory is "
            + "faulty.");

    public static HighwaterException ShortRange(string place, ByteRange range, long length) => new(
        ErrorCodes.StorageContentMismatch,
        $"{place} has {Bytes(length)}, but bytes {range.Offset} to {range.Offset + range.Length} were asked for.",
        "the object was cut short or is not what the catalog says: run `highwater verify`, then `highwater verify "
            + "--repair`.");

    public static TransientException Full(
        string place, string folder, long needed, long? free, Exception? inner = null) => new(
        ErrorCodes.StorageFull,
        $"No space left for {place}: {Bytes(needed)} needed, "
        + $"{(free is { } f ? Bytes(f) + " free" : "free space unknown")} in {folder}. Nothing half-written counts.",
        $"make room or enlarge the file system (`df -h {folder}`), or lower BACKUP_RETENTION_COUNT and run `highwater "
        + "prune`; the next run continues.",
        inner);

    public static HighwaterException Denied(string doing, string user, string folder, Exception inner) => new(
        ErrorCodes.StorageDenied,
        $"No permission for {doing} (as user {user}): {inner.Message}",
        $"make the folder belong to that user, for instance `chown -R {user} {folder} && chmod 0700 {folder}`, "
        + "and see that the file system is not mounted read-only.",
        inner);

    public static HighwaterException Failed(string doing, Exception inner, string remedy) => new(
        ErrorCodes.StorageFailed, $"Failed at {doing}: {inner.Message}", remedy, inner);

    private static string Bytes(long count) => count.ToString("N0", CultureInfo.InvariantCulture) + " bytes";
}
