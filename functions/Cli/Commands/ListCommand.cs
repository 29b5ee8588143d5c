using System.CommandLine;
using System.Globalization;
using Highwater.Cli.Output;
using Highwater.Engine.Diagnostics;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.WalArchiving;

namespace Highwater.Cli.Commands;

/// <summary><c>highwater list</c>.</summary>
public static class ListCommand
{
    private static readonly string[] Header =
        ["REPOSITORY", "BASE BACKUP", "FINISHED (UTC)", "DATABASE", "STORED", "TIMELINE", "RESTORABLE", "UP TO LSN"];

    public static Command Create()
    {
        var repository = new RepositoryArguments();
        var command = new Command(
            "list",
            """
            List the base backups of each repository and how far each can be recovered.

            Example: highwater list --repository remote
            """);
        return repository.AddTo(command).WithAction(
            (arguments, terminal, token) => RunAsync(repository.Choose(arguments), terminal, token));
    }

    private static async Task<ExitCode> RunAsync(
        IReadOnlyList<RepositoryOptions> chosen, Terminal terminal, CancellationToken cancellationToken)
    {
        await using var repositories = OpenRepositories.Of(chosen);
        var backups = new List<ListedBackup>();
        var exitCode = ExitCode.Done;
        foreach (var source in repositories.Sources)
        {
            try
            {
                backups.AddRange(await ReadAsync(await source.OpenAsync(cancellationToken), cancellationToken));
            }
            catch (HighwaterException e) when (chosen.Count > 1)
            {
                // One repository out of reach must not hide what the other has.
                terminal.Note($"highwater: repository '{source.Name}': {e.Message}");
                exitCode = e.Code.ExitCode;
            }
        }

        terminal.Result(backups);
        terminal.Table(Header, backups.Select(Row));
        if (backups.Count == 0)
            terminal.Note("There is no base backup yet: run 'highwater backup'");
        return exitCode;
    }

    private static async Task<IEnumerable<ListedBackup>> ReadAsync(
        BackupRepository repository, CancellationToken cancellationToken)
    {
        var continuity = await WalContinuity.ReadAsync(new WalArchive(repository), cancellationToken);
        var records = await new BackupCatalog(repository).ListAsync(cancellationToken);
        return records.Select(record =>
        {
            var restorable = continuity.IsRestorable(record);
            return new ListedBackup(
                repository.Name,
                record.Id,
                record.StartedAt,
                record.FinishedAt,
                record.Sizes.DatabaseBytes,
                record.Sizes.StoredBytes,
                record.Timeline,
                record.StartLsn,
                record.StopLsn,
                restorable,
                restorable ? continuity.ReachFrom(record).End : null);
        });
    }

    private static string[] Row(ListedBackup backup) =>
    [
        backup.Repository,
        backup.Id.ToString(),
        backup.FinishedAt.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
        new ByteCount(backup.DatabaseBytes).ToString(),
        new ByteCount(backup.StoredBytes).ToString(),
        backup.Timeline.ToString(CultureInfo.InvariantCulture),
        backup.Restorable ? "yes" : "NO: WAL missing",
        backup.RecoverableUpTo?.ToString() ?? "-",
    ];

    private sealed record ListedBackup(
        string Repository,
        BackupId Id,
        DateTimeOffset StartedAt,
        DateTimeOffset FinishedAt,
        long DatabaseBytes,
        long StoredBytes,
        uint Timeline,
        Lsn StartLsn,
        Lsn StopLsn,
        bool Restorable,
        Lsn? RecoverableUpTo);
}
