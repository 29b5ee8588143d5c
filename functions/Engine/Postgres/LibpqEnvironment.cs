using System.Diagnostics;
using System.Globalization;

namespace Highwater.Engine.Postgres;

/// <summary>How PostgreSQL's own programs are told where the server is. The password goes by the environment
/// only.</summary>
internal static class LibpqEnvironment
{
    /// <summary>Clears what libpq would read of its own, and sets what it is to use.</summary>
    public static void Prepare(ProcessStartInfo command, PostgresOptions server, string applicationName)
    {
        foreach (var name in command.Environment.Keys.Where(IsForeign).ToList())
            command.Environment.Remove(name);
        command.Environment["LC_ALL"] = "C"; // The messages are read by a program.
        command.Environment["PGAPPNAME"] = applicationName;
        command.Environment["PGCONNECT_TIMEOUT"] = "15";
        if (server.Password is not null)
            command.Environment["PGPASSWORD"] = server.Password;
    }

    /// <summary>Who and where, without the password.</summary>
    public static string ConnectionString(PostgresOptions server) =>
        $"host={Quote(server.Host)} port={server.Port.ToString(CultureInfo.InvariantCulture)} "
        + $"user={Quote(server.User)} "
        + "keepalives_idle=30 keepalives_interval=10 keepalives_count=3";

    /// <summary>libpq reads its own variables; those about trust (PGSSL..., PGPASSFILE) are the operator's to
    /// set.</summary>
    private static bool IsForeign(string name) =>
        name.StartsWith("PG", StringComparison.Ordinal)
        && !name.StartsWith("PGSSL", StringComparison.Ordinal)
        && name is not ("PGPASSFILE" or "PGCHANNELBINDING" or "PGGSSENCMODE");

    /// <summary>Documentation, "libpq", "Keyword/Value Connection Strings".</summary>
    private static string Quote(string value) =>
        "'" + value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal) + "'";
}
