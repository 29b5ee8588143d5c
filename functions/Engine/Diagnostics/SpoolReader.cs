using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.WalArchiving;

namespace Highwater.Engine.Diagnostics;

/// <summary>Looks at the spool without touching it.</summary>
internal static class SpoolReader
{
    public static SpoolStatus Read(string path, DateTimeOffset now)
    {
        try
        {
            // A file may leave while it is looked at: then it does not wait any more.
            var waiting = new DirectoryInfo(path).EnumerateFiles()
                .Where(file => WalFileName.TryParse(file.Name, out _) && file.Exists).ToList();
            var oldest = waiting.Count == 0 ? (DateTimeOffset?)null : waiting.Min(file => file.LastWriteTimeUtc);
            return new SpoolStatus(path, null, waiting.Count, waiting.Sum(file => file.Length), now - oldest)
            {
                Quarantined = new WalSpool(path).CountMovedAside(),
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new SpoolStatus(path, Unreadable(path, e), 0, 0, null);
        }
    }

    /// <summary>Where WAL is only streamed: what was moved aside.</summary>
    public static SpoolStatus ReadUnused(string path)
    {
        try
        {
            return SpoolStatus.Unused(path, new WalSpool(path).CountMovedAside());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return SpoolStatus.Unused(path, 0) with { Fault = Unreadable(path, e) };
        }
    }

    private static StatusFault Unreadable(string path, Exception e) => new(
        ErrorCodes.SpoolUnusable.Code,
        $"The WAL spool {path} cannot be read: {e.Message}",
        e is DirectoryNotFoundException
            ? $"create it for the server's user (install -d -o postgres -m 2770 {path}), or set WAL_SPOOL_PATH "
            + "to the folder archive_command writes to"
            : $"let this user read and remove what is in it: ls -ld {path} shows who may");
}
