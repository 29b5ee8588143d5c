using System.Diagnostics;

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
            "-d", LibpqEnvironment.ConnectionString(server), "-D", toDirectory ? request.StagingDirectory : "-",
            "--format=tar", "--wal-method=none", "--checkpoint=fast", "--no-password", "--manifest-checksums=SHA256",
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
        LibpqEnvironment.Prepare(command, server, request.ApplicationName);
        return command;
    }
}
