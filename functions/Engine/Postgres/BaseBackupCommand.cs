using System.Diagnostics;
using System.Globalization;

namespace Highwater.Engine.Postgres;

/// <summary>The command line of pg_basebackup (documentation, "pg_basebackup"). The password goes by the environment
/// only.</summary>
internal static class BaseBackupCommand
{
    public static ProcessStartInfo Build(
        PostgresOptions server, ServerFacts facts, BaseBackupRequest request, bool toDirectory)
    {
        List<string> arguments =
        [
            "-d", ConnectionString(server), "-D", toDirectory ? request.StagingDirectory : "-", "--format=tar",
            "--wal-method=none", "--checkpoint=fast", "--no-password", "--manifest-checksums=SHA256",
            "--label=" + request.Label,
        ];
        if (toDirectory)
            arguments.Add("--no-sync"); // The tars are read once and removed.
        var command = new ProcessStartInfo(BaseBackupTool.Find(facts.MajorVersion), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var name in command.Environment.Keys.Where(IsForeign).ToList())
            command.Environment.Remove(name);
        command.Environment["LC_ALL"] = "C"; // The messages are read by a program.
        command.Environment["PGAPPNAME"] = request.ApplicationName;
        command.Environment["PGCONNECT_TIMEOUT"] = "15";
        if (server.Password is not null)
            command.Environment["PGPASSWORD"] = server.Password;
        return command;
    }

    /// <summary>libpq reads its own variables; those about trust (PGSSL..., PGPASSFILE) are the operator's to
    /// set.</summary>
    private static bool IsForeign(string name) =>
        name.StartsWith("PG", StringComparison.Ordinal)
        && !name.StartsWith("PGSSL", StringComparison.Ordinal)
        && name is not ("PGPASSFILE" or "PGCHANNELBINDING" or "PGGSSENCMODE");

    private static string ConnectionString(PostgresOptions server) =>
        $"host={Quote(server.Host)} port={server.Port.ToString(CultureInfo.InvariantCulture)} "
        + $"user={Quote(server.User)} "
        + "keepalives_idle=30 keepalives_interval=10 keepalives_count=3";

    /// <summary>Documentation, "libpq", "Keyword/Value Connection Strings".</summary>
    private static string Quote(string value) =>
        "'" + value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal) + "'";
}
