using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage.Local;
using Highwater.FunctionApp.BaseBackup;
using Highwater.FunctionApp.WalSync;
using Highwater.TestKit.Postgres;
using Highwater.TestKit.Ssh;
using Microsoft.DurableTask.Client;

namespace Highwater.FunctionApp.Tests;

/// <summary>The shipped orchestrations with the shipped activities, a real server and a real remote host.</summary>
public sealed class RealRunTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_base_backup_that_is_stopped_while_it_is_taken_ends_complete_in_both_repositories()
    {
        await using var postgres = await StartPostgresAsync();
        await postgres.FillWithPgbenchAsync(1, Token);
        await using var ssh = await SshServer.StartAsync(cancellationToken: Token);
        await using var app = new AppHost();
        app.Use(postgres, ssh);
        await app.StartAsync();

        await SingletonOrchestration.TryStartAsync(app.Client, BaseBackupOrchestration.Name, Token);
        await Until.TrueAsync(async () => await StepAsync(app) == BaseBackupActivities.TakeBaseBackup);
        await app.RestartAsync();
        var run = await app.EndOfAsync(BaseBackupOrchestration.Name);

        Assert.True(run.RuntimeStatus == OrchestrationRuntimeStatus.Completed, run.FailureDetails?.ToString());
        var outcome = run.ReadOutputAs<BaseBackupOutcome>()!;
        Assert.Equal([new("local", null), new RepositoryOutcome("remote", null)], outcome.Repositories);
        Assert.Equal([outcome.Backup.Id], BackupsIn(app.Local));
        Assert.Equal([outcome.Backup.Id], BackupsIn(app.Settings["REMOTE_BACKUP_PATH"]!));
    }

    [Fact]
    public async Task The_WAL_timer_brings_what_the_server_archived_into_both_repositories()
    {
        await using var postgres = await StartPostgresAsync();
        await using var ssh = await SshServer.StartAsync(cancellationToken: Token);
        await using var app = new AppHost();
        app.Use(postgres, ssh);
        var segment = await postgres.QueryAsync<string>("SELECT pg_walfile_name(pg_current_wal_lsn())", Token);
        await postgres.ArchiveCurrentWalAsync(Token);
        await CreateRepositoriesAsync(app, postgres);

        // The timer runs at the start; nobody asks for this sync.
        await app.StartAsync(timers: true);
        var run = await app.EndOfAsync(WalSyncOrchestration.Name);

        Assert.True(run.RuntimeStatus == OrchestrationRuntimeStatus.Completed, run.FailureDetails?.ToString());
        var outcome = run.ReadOutputAs<WalSyncOutcome>()!;
        Assert.True(outcome.Archived.Files >= 1, "nothing was archived");
        Assert.All(outcome.Repositories, repository => Assert.Null(repository.Error));
        var name = Path.Combine("wal-archive", segment[..16], segment + ".zst");
        Assert.True(File.Exists(Path.Combine(app.Local, name)), $"{segment} is not in the local repository");
        Assert.True(
            File.Exists(Path.Combine(app.Settings["REMOTE_BACKUP_PATH"]!, name)),
            $"{segment} is not in the remote repository");
        Assert.False(File.Exists(Path.Combine(postgres.SpoolPath, segment)), $"{segment} is still in the spool");
    }

    [Fact]
    public async Task A_remote_host_that_is_down_is_in_the_outcome_and_the_local_copy_is_complete()
    {
        await using var postgres = await StartPostgresAsync();
        await using var ssh = await SshServer.StartAsync(cancellationToken: Token);
        await using var app = new AppHost();
        app.Use(postgres, ssh);
        await ssh.StopAsync();
        await postgres.ArchiveCurrentWalAsync(Token);
        await CreateRepositoriesAsync(app, postgres);
        await app.StartAsync();

        await SingletonOrchestration.TryStartAsync(app.Client, WalSyncOrchestration.Name, Token);
        var run = await app.EndOfAsync(WalSyncOrchestration.Name);

        Assert.True(run.RuntimeStatus == OrchestrationRuntimeStatus.Completed, run.FailureDetails?.ToString());
        var outcome = run.ReadOutputAs<WalSyncOutcome>()!;
        Assert.Null(outcome.Repositories[0].Error);
        Assert.Contains("HW301", outcome.Repositories[1].Error!, StringComparison.Ordinal);
    }

    private static Task<PostgresServer> StartPostgresAsync() =>
        PostgresServer.StartAsync(new PostgresServerOptions { Archiving = true }, Token);

    /// <summary>As the first base backup creates them; a WAL sync does not.</summary>
    private static async Task CreateRepositoriesAsync(AppHost app, PostgresServer postgres)
    {
        var facts = await new ReadServerFacts(postgres.Connection).RunAsync(Token);
        var cluster = new ClusterIdentity(facts.SystemIdentifier, facts.MajorVersion, facts.WalSegmentSize);
        foreach (var path in (string[])[app.Local, app.Settings["REMOTE_BACKUP_PATH"]!])
        {
            await using var storage = new LocalStorage(path);
            await BackupRepository.OpenOrCreateAsync("any", storage, cluster, TimeProvider.System, Token);
        }
    }

    private static async Task<string?> StepAsync(AppHost app) =>
        (await app.Client.GetInstanceAsync(BaseBackupOrchestration.Name, true, Token))!
            .ReadCustomStatusAs<BaseBackupStatus>()?.Step;

    private static IEnumerable<string> BackupsIn(string repository) =>
        Directory.EnumerateFiles(Path.Combine(repository, "base-backups"), "backup.json", SearchOption.AllDirectories)
            .Select(file => Path.GetFileName(Path.GetDirectoryName(file)!));
}
