using System.CommandLine;
using System.Globalization;
using Highwater.Cli.Orchestrations;
using Highwater.Cli.Output;
using Highwater.Engine.Configuration;
using Highwater.Engine.Diagnostics;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.FunctionApp.BaseBackup;

namespace Highwater.Cli.Commands;

/// <summary><c>highwater backup</c>.</summary>
public static class BackupCommand
{
    public static Command Create()
    {
        var create = new Option<string[]>("--create-repository")
        {
            Description = "Create this repository though another one remembers that there was one: what was there is "
                + "lost, and not on a disk that is not mounted",
            HelpName = "NAME",
        };
        return new Command(
            "backup",
            """
            Take a base backup into every repository and follow it.

            Talks to a running 'highwater serve', or runs in this process. Interrupted or killed, the same command goes
            on with the same backup. Only what changed since the last base backup is stored.

            Example: highwater backup
            """)
        { create }.WithAction((arguments, terminal, token) => RunAsync(
            arguments.GetValue(create) ?? [], terminal, token));
    }

    private static async Task<ExitCode> RunAsync(
        IReadOnlyList<string> toCreate, Terminal terminal, CancellationToken cancellationToken)
    {
        var configuration = Settings.Load();
        var settings = HighwaterSettings.Read(configuration);

        // Asked here first, so that a person at the keyboard is not kept waiting through the retries of a nightly run.
        var facts = await new CheckServer(settings.Postgres, settings.Wal).RunAsync(cancellationToken);
        await CreateAsync(toCreate, settings, facts, cancellationToken);
        var run = new OrchestrationRun(configuration, settings, terminal);
        var progress = new BackupProgressLines(terminal);
        var outcome = await run.RunAsync<BaseBackupOutcome>(
            BaseBackupOrchestration.Name, progress.Report, cancellationToken);
        terminal.Result(outcome);
        var backup = outcome.Backup;
        terminal.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"Base backup {backup.Id}: {backup.Files} files, {new ByteCount(backup.DatabaseBytes)} read, "
            + $"{new ByteCount(backup.StoredBytes)} stored, {backup.Duration.TotalSeconds:0.0} s"));
        foreach (var repository in outcome.Repositories.Where(repository => repository.Error is null))
            terminal.Line($"  {repository.Repository}: complete with its WAL, verified");
        foreach (var repository in outcome.Repositories.Where(repository => repository.PruneError is not null))
            terminal.Note($"highwater: repository '{repository.Repository}' was not pruned, the next run does it: "
                + repository.PruneError);
        return run.Report(outcome.Repositories);
    }

    private static async Task CreateAsync(
        IReadOnlyList<string> names,
        HighwaterSettings settings,
        ServerFacts facts,
        CancellationToken cancellationToken)
    {
        await using var repositories = OpenRepositories.Of(settings.Repositories);
        var cluster = new ClusterIdentity(facts.SystemIdentifier, facts.MajorVersion, facts.WalSegmentSize);
        foreach (var name in names)
            await repositories.OpenOrCreateAsync(name, cluster, cancellationToken);
    }
}
