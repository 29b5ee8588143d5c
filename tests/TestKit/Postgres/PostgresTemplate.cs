using System.Diagnostics;

namespace Highwater.TestKit.Postgres;

/// <summary>
/// Data directories made by initdb once per machine and kept in the temporary folder, since initdb takes seconds and
/// a copy does not. Published by a rename, so that parallel test runs share them safely.
/// </summary>
internal static class PostgresTemplate
{
    private static readonly SemaphoreSlim OneAtATime = new(1);

    /// <summary>Fills <paramref name="dataDirectory"/>, which must not exist, with a new cluster.</summary>
    public static async Task CreateClusterAsync(
        string dataDirectory, PostgresServerOptions options, CancellationToken cancellationToken)
    {
        if (options.OwnSystemIdentifier)
        {
            await InitdbAsync(dataDirectory, options, cancellationToken);
            return;
        }

        var template = await FindOrCreateAsync(options, cancellationToken);
        var copy = PostgresAccount.Command("cp", "-a", "--reflink=auto", template, dataDirectory);
        await Tool.RunAsync(copy, cancellationToken);
    }

    private static async Task<string> FindOrCreateAsync(
        PostgresServerOptions options, CancellationToken cancellationToken)
    {
        var command = new ProcessStartInfo(PostgresBinaries.PathOf("postgres"), ["--version"]);
        var version = (await Tool.RunAsync(command, cancellationToken)).Trim().Split(' ')[2];
        var name = $"highwater-template-{Environment.UserName}-{version}-{options.WalSegmentMegabytes}"
            + (options.DataChecksums ? "-checksums" : "");
        var template = Path.Combine(Path.GetTempPath(), name);
        await OneAtATime.WaitAsync(cancellationToken);
        try
        {
            if (Directory.Exists(template))
                return template;
            var unfinished = $"{template}.{Environment.ProcessId}";
            await InitdbAsync(unfinished, options, cancellationToken);
            await PublishAsync(unfinished, template, cancellationToken);
            return template;
        }
        finally
        {
            OneAtATime.Release();
        }
    }

    private static async Task InitdbAsync(
        string dataDirectory, PostgresServerOptions options, CancellationToken cancellationToken)
    {
        List<string> arguments =
        [
            "-D", dataDirectory, "-U", PostgresServer.Superuser, "--no-sync", "--encoding=UTF8", "--locale=C",
            "--auth-local=trust", "--auth-host=scram-sha-256", $"--wal-segsize={options.WalSegmentMegabytes}",
        ];
        if (options.DataChecksums)
            arguments.Add("--data-checksums");
        var passwordFile = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(passwordFile, PostgresServer.SuperuserPassword + "\n", cancellationToken);
            await PostgresAccount.TakeOverAsync(passwordFile, cancellationToken);
            arguments.Add($"--pwfile={passwordFile}");
            await Tool.RunAsync(
                PostgresAccount.Command(PostgresBinaries.PathOf("initdb"), arguments), cancellationToken);
        }
        finally
        {
            File.Delete(passwordFile);
        }
    }

    /// <summary>Another test process may have been first; then its template is as good as ours.</summary>
    private static async Task PublishAsync(string unfinished, string template, CancellationToken cancellationToken)
    {
        var rename = await Tool.TryRunAsync(
            PostgresAccount.Command("mv", "-T", unfinished, template), cancellationToken);
        if (rename.ExitCode == 0)
            return;
        Directory.Delete(unfinished, recursive: true);
        if (!Directory.Exists(template))
            throw new InvalidOperationException($"Cannot publish {template}: {rename.Error}");
    }
}
