using Highwater.Engine.Errors;
using Highwater.Engine.Repository;

namespace Highwater.Engine.Tests.Repository;

public sealed class BackupCatalogTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_commit_that_cannot_be_understood_is_listed_apart_with_the_reason_and_the_rest_is_there()
    {
        using var scene = await RepositoryScene.CreateAsync();
        for (var day = 1; day <= 3; day++)
            await scene.AddBackupAsync(day, 2, day);
        scene.Truncate(RepositoryLayout.BackupCommit(RepositoryScene.Day(2)), 40);

        var listing = await new BackupCatalog(scene.Repository).ListAsync(Token);

        Assert.Equal([RepositoryScene.Day(1), RepositoryScene.Day(3)], listing.Backups.Select(backup => backup.Id));
        var unreadable = Assert.Single(listing.Unreadable);
        Assert.Equal(RepositoryScene.Day(2), unreadable.Id);
        Assert.Equal(ErrorCodes.RepositoryDamaged, unreadable.Error.Code);
    }

    [Fact]
    public async Task A_storage_that_goes_away_in_the_middle_is_no_damage()
    {
        using var scene = await RepositoryScene.CreateAsync();
        await scene.AddBackupAsync(1, 2, 1);
        scene.Storage.Fault = (_, key) => key.EndsWith("backup.json", StringComparison.Ordinal)
            ? new TransientException(ErrorCodes.StorageUnreachable, "It went away.", "wait")
            : null;

        await Assert.ThrowsAsync<TransientException>(() => new BackupCatalog(scene.Repository).ListAsync(Token));
    }
}
