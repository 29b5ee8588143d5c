using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;

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
            return new SpoolStatus(path, null, waiting.Count, waiting.Sum(file => file.Length), now - oldest);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var fault = new StatusFault(
                ErrorCodes.SpoolUnusable.Code,
                $"The WAL spool {path} cannot be read: {e.Message}",
                e is DirectoryNotFoundException
                    ? $"create it for the server's user (install -d -o postgres -m 2770 {path}), or set WAL_SPOOL_PATH "
                    + "to the folder archive_command writes to"
                    : $"let this user read and remove what is in it: ls -ld {path} shows who may");
            return new SpoolStatus(path, fault, 0, 0, null);
        }
    }
}
