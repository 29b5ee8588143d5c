using System.Globalization;
using System.Text.Json;
using Highwater.Engine.Errors;
using Highwater.TestKit.Postgres;
using Highwater.TestKit.Storage;

namespace Highwater.EndToEnd.Tests;

public sealed class RestoreRefusalTests(RestoreRefusalTests.Fixture fixture)
    : IClassFixture<RestoreRefusalTests.Fixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Installation Installation => fixture.Installation;

    [Fact]
    public async Task A_directory_with_anything_in_it_is_refused_and_left_as_it_is()
    {
        var directory = Directory.CreateDirectory(Installation.PathOf("taken")).FullName;
        var file = Path.Combine(directory, "precious");
        await File.WriteAllTextAsync(file, "data", Token);
        await PostgresAccount.TakeOverAsync(directory, Token);

        (await RestoreAsync("taken")).ExpectError(ErrorCodes.RestoreTargetNotEmpty, directory, "--to ");

        Assert.Equal([file], Directory.GetFileSystemEntries(directory));
        Assert.Equal("data", await File.ReadAllTextAsync(file, Token));
    }

    [Fact]
    public async Task An_unknown_backup_is_refused_with_the_ones_there_are() =>
        (await RestoreAsync("unknown", "--backup", "20010101T000000Z"))
            .ExpectError(ErrorCodes.BackupUnknown, "20010101T000000Z", fixture.FirstBackup);

    [Fact]
    public async Task A_time_before_the_first_backup_is_refused_with_the_earliest_that_works()
    {
        var remedy = (await RestoreAsync("too-early", "--target-time", "2001-01-01 00:00:00Z"))
            .ExpectError(ErrorCodes.RecoveryTargetUnreachable, "2001-01-01");

        await AssertPlansAsync(remedy);
    }

    [Fact]
    public async Task A_time_beyond_the_WAL_is_refused_with_the_latest_that_works()
    {
        var remedy = (await RestoreAsync("too-late", "--target-time", "2999-01-01 00:00:00Z"))
            .ExpectError(ErrorCodes.RecoveryTargetUnreachable, "2999-01-01");

        await AssertPlansAsync(remedy);
    }

    [Fact]
    public async Task An_LSN_beyond_the_WAL_is_refused_with_the_last_there_is() =>
        (await RestoreAsync("lsn", "--target-lsn", "FF/0"))
            .ExpectError(ErrorCodes.RecoveryTargetUnreachable, "FF/0", "--target-lsn 0/");

    [Fact]
    public async Task A_time_without_zone_is_refused_because_it_means_many() =>
        (await RestoreAsync("zone", "--target-time", "2026-11-22 14:30:00"))
            .ExpectError(ErrorCodes.RecoveryTargetInvalid, "time zone", "2026-11-22 14:30:00+00");

    [Fact]
    public async Task Where_no_repository_is_there_is_nothing_to_restore() =>
        (await Installation.RunBareAsync(
            Token, "restore", "--to", Installation.PathOf(
                "empty"), "--repository", Installation.PathOf("no-repository")))
            .ExpectError(ErrorCodes.RepositoryMissing, Installation.PathOf("no-repository"));

    [Fact]
    public async Task A_repository_with_WAL_alone_has_nothing_to_restore()
    {
        var walOnly = Installation.PathOf("wal-only");
        Shell.Run("cp", "-a", Installation.LocalRepository, walOnly);
        Directory.Delete(Path.Combine(walOnly, "base-backups"), recursive: true);

        (await Installation.RunAsync(
            Token, "restore", "--to", Installation.PathOf("nothing"), "--repository", walOnly))
            .ExpectError(ErrorCodes.NothingToRestore, "highwater backup");
    }

    [Fact]
    public async Task Another_cluster_cannot_write_into_this_repository()
    {
        await using var other = await Installation.StartAsync(
            Token, new PostgresServerOptions { Archiving = true, OwnSystemIdentifier = true });
        var before = FilesBelow(Installation.LocalRepository);
        var changes = new Dictionary<string, string?> { ["LOCAL_BACKUP_PATH"] = Installation.LocalRepository };

        (await other.RunWithAsync(changes, Token, "backup"))
            .ExpectError(ErrorCodes.RepositoryForeign, Installation.LocalRepository, "system identifier");
        await other.Postgres.ArchiveCurrentWalAsync(Token);
        (await other.RunWithAsync(changes, Token, "wal-sync")).ExpectError(ErrorCodes.RepositoryForeign);

        Assert.Equal(before, FilesBelow(Installation.LocalRepository));
        Assert.NotEmpty(Directory.GetFiles(other.Postgres.SpoolPath));
    }

    private Task<ToolResult> RestoreAsync(string directory, params string[] arguments) =>
        Installation.RunAsync(
            Token, ["restore", "--to", Installation.PathOf(directory), "--repository", "local", .. arguments]);

    /// <summary>What the refusal proposes is possible.</summary>
    private async Task AssertPlansAsync(string remedy)
    {
        var time = remedy.Split("--target-time '")[1].Split('\'')[0];
        (await RestoreAsync("planned", "--target-time", time, "--plan")).ExpectDone();
    }

    private static string[] FilesBelow(string folder) =>
        [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order()];

    /// <summary>An installation with one base backup and transactions after it.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        public Installation Installation { get; private set; } = null!;

        public string FirstBackup { get; private set; } = "";

        public async ValueTask InitializeAsync()
        {
            Installation = await Installation.StartAsync(Token);
            var backup = await Installation.RunJsonAsync(Token, "backup");
            FirstBackup = backup.GetProperty("backup").GetProperty("id").GetString()!;

            // A recovery target needs transactions after the backup, seconds apart from its end.
            await Task.Delay(TimeSpan.FromMilliseconds(1100), Token);
            await Installation.Postgres.ExecuteAsync("CREATE TABLE one (step int)", Token);
            await Task.Delay(TimeSpan.FromMilliseconds(1100), Token);
            await Installation.Postgres.ExecuteAsync("CREATE TABLE two (step int)", Token);
            await Installation.Postgres.ArchiveCurrentWalAsync(Token);
            await Installation.RunJsonAsync(Token, "wal-sync");
        }

        public ValueTask DisposeAsync() => Installation.DisposeAsync();
    }
}
