using Highwater.Engine.Backup;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage.Local;
using Highwater.TestKit.Postgres;
using Highwater.TestKit.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Highwater.Engine.Tests.Backup;

public sealed class TakeBaseBackupTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_second_base_backup_is_whole_and_stores_only_what_changed()
    {
        await using var postgres =
            await PostgresServer.StartAsync(new PostgresServerOptions { Archiving = true }, Token);
        await postgres.FillWithPgbenchAsync(2, Token);
        using var folder = new TempDirectory("backup");
        var local = await OpenAsync(postgres, folder);

        var first = await TakeAsync(postgres, local, folder);
        await postgres.ExecuteAsync("UPDATE pgbench_accounts SET abalance = 1 WHERE aid < 100", Token);
        var second = await TakeAsync(postgres, local, folder);

        Assert.True(second.Sizes.StoredBytes < first.Sizes.StoredBytes / 3, $"{second.Sizes} after {first.Sizes}");
        Assert.True(second.Sizes.StoredBytes > 0);
        Assert.Equal([first.Id, second.Id], await new BackupCatalog(local).ListIdsAsync(Token));
        await BackupScene.AssertWholeAsync(local, first, Token);
        await BackupScene.AssertWholeAsync(local, second, Token);
    }

    private static async Task<BackupRepository> OpenAsync(PostgresServer postgres, TempDirectory folder)
    {
        var facts = await new CheckServer(OptionsOf(postgres)).RunAsync(Token);
        return await BackupRepository.OpenOrCreateAsync(
            "local",
            new LocalStorage(folder.Combine("repository")),
            new ClusterIdentity(facts.SystemIdentifier, facts.MajorVersion, facts.WalSegmentSize),
            TimeProvider.System,
            Token);
    }

    private static async Task<BackupRecord> TakeAsync(
        PostgresServer postgres, BackupRepository local, TempDirectory folder)
    {
        var taken = await new BackupCatalog(local).ListIdsAsync(Token);
        return await new TakeBaseBackup(OptionsOf(postgres), TimeProvider.System, NullLogger<TakeBaseBackup>.Instance)
            .RunAsync(BackupId.New(TimeProvider.System.GetUtcNow(), taken), local, [], folder.Combine("tmp"), Token);
    }

    private static PostgresOptions OptionsOf(PostgresServer postgres) =>
        new("127.0.0.1", postgres.Port, "postgres", PostgresServer.Superuser, PostgresServer.SuperuserPassword);
}
