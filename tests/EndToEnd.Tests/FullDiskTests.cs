using Highwater.Engine.Errors;
using Highwater.TestKit.Storage;

namespace Highwater.EndToEnd.Tests;

public sealed class FullDiskTests
{
    private static readonly string[] OutsideOfBackups = ["repository.json", "FORMAT.md", "restore.sh"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_full_local_disk_ends_the_run_cleanly_and_the_next_one_goes_on_with_its_packs()
    {
        using var small = new SmallFileSystem(256);
        await using var installation = await Installation.StartAsync(Token);
        var local = Path.Combine(small.Path, "repository");
        installation.Environment["LOCAL_BACKUP_PATH"] = local;
        installation.Environment.Remove("REMOTE_BACKUP_HOST");
        await installation.AddNoiseAsync("too_much", 96, Token);
        var ballast = Path.Combine(small.Path, "ballast");
        await File.WriteAllBytesAsync(ballast, new byte[176 << 20], Token);

        (await installation.RunAsync(Token, "backup"))
            .ExpectError(ErrorCodes.StorageFull, local, "BACKUP_RETENTION_COUNT");

        Assert.Equal(0, (await installation.RunJsonAsync(Token, "list")).GetArrayLength());
        var packs = RepositoryFiles.Packs(local);
        Assert.NotEmpty(packs);
        RepositoryFiles.AssertPacksWhole(local);
        var others = RepositoryFiles.Below(local).Where(name => !name.StartsWith("tmp/", StringComparison.Ordinal));
        Assert.Equal([.. OutsideOfBackups.Concat(packs).Order(StringComparer.Ordinal)], others);
        var identities = RepositoryFiles.Identities(local, packs);

        // The database lives on, and every later chunk would come to lie elsewhere in a pack.
        await installation.AddNoiseAsync("meanwhile", 1, Token);
        File.Delete(ballast);
        var backup = await installation.RunJsonAsync(Token, "backup");

        Assert.Equal(identities, RepositoryFiles.Identities(local, packs));
        var stored = backup.GetProperty("backup").GetProperty("storedBytes").GetInt64();
        Assert.InRange(stored, 1, RepositoryFiles.Bytes(local, RepositoryFiles.Packs(local).Except(packs)));
        Assert.InRange(RepositoryFiles.Bytes(local, RepositoryFiles.Packs(local)), 96 << 20, 112 << 20);
        (await installation.RunAsync(Token, "verify")).ExpectDone();
        (await installation.RunAsync(
            Token, "restore", "--to", installation.PathOf("restored"), "--repository", "local")).ExpectDone();
    }
}
