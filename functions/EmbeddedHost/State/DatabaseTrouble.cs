using Microsoft.Data.Sqlite;

namespace Highwater.EmbeddedHost.State;

/// <summary>
/// Tells what is wrong with the database as a whole, and passes when there is room again, from what is wrong with one
/// row of it, and comes again however often it is tried.
/// </summary>
internal static class DatabaseTrouble
{
    // https://www.sqlite.org/rescode.html: BUSY, LOCKED, READONLY, INTERRUPT, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL
    // and NOTADB.
    private static readonly int[] Codes = [5, 6, 8, 9, 10, 11, 13, 14, 15, 26];

    public static bool Is(Exception e) =>
        e is SqliteException sqlite ? Codes.Contains(sqlite.SqliteErrorCode)
            : e is StateDamagedException or IOException or UnauthorizedAccessException;
}
