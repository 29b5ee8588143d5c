using Microsoft.Data.Sqlite;

namespace Highwater.EmbeddedHost.State;

/// <summary>The database cannot be what this program wrote.</summary>
internal sealed class StateDamagedException(string what, Exception? inner = null) : Exception(what, inner)
{
    // https://www.sqlite.org/rescode.html
    private const int GenericError = 1;
    private const int Corrupt = 11;
    private const int NotADatabase = 26;

    /// <summary>Whether SQLite, or a check of ours, found the file damaged.</summary>
    public static bool IsDamage(Exception e) =>
        e is StateDamagedException or SqliteException { SqliteErrorCode: Corrupt or NotADatabase };

    /// <summary>
    /// Runs a statement that every database of ours understands: one that does not has lost its schema.
    /// </summary>
    public static T Checked<T>(Func<T> run)
    {
        try
        {
            return run();
        }
        catch (SqliteException e) when (e.SqliteErrorCode == GenericError)
        {
            throw new StateDamagedException(e.Message, e);
        }
    }
}
