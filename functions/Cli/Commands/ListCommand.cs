using System.CommandLine;
using System.Globalization;
using Highwater.Cli.Output;
using Highwater.Engine.Diagnostics;
using Highwater.Engine.Errors;
using Highwater.Engine.Repository;
using Highwater.Engine.Verification;
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
        foreach (var backup in backups.Where(backup => backup.Problem is not null))
            terminal.Note($"highwater: {backup.Id} in '{backup.Repository}' cannot be restored: {backup.Problem}");
        if (backups.Count == 0)
            terminal.Note("There is no base backup yet: run 'highwater backup'");
        return exitCode;
    }

    private static async Task<IEnumerable<ListedBackup>> ReadAsync(
        BackupRepository repository, CancellationToken cancellationToken)
    {
        var continuity = await WalContinuity.ReadAsync(new WalArchive(repository), cancellationToken);
        var catalog = await new BackupCatalog(repository).ListAsync(cancellationToken);
        var presence = await PresenceCheck.ReadAsync(repository, cancellationToken);
        var readable = catalog.Backups.Select(record =>
        {
            var problem = presence.FindFault(record);
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
                problem is null,
                problem is null ? continuity.ReachFrom(record).End : null,
                problem);
        });
        var unreadable = catalog.Unreadable.Select(backup => new ListedBackup(
            repository.Name, backup.Id, backup.Id.StartedAt, null, null, null, null, null, null, false, null,
            backup.Error.WhatHappened));
        return readable.Concat(unreadable).OrderBy(backup => backup.Id);
    }

    private static string[] Row(ListedBackup backup) =>
    [
        backup.Repository,
        backup.Id.ToString(),
        backup.FinishedAt?.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "-",
        backup.DatabaseBytes is { } database ? new ByteCount(database).ToString() : "-",
        backup.StoredBytes is { } stored ? new ByteCount(stored).ToString() : "-",
        backup.Timeline?.ToString(CultureInfo.InvariantCulture) ?? "-",
        backup.Restorable ? "yes" : "NO",
        backup.RecoverableUpTo?.ToString() ?? "-",
    ];
}
