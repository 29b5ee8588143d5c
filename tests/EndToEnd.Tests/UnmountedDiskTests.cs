using Highwater.Engine.Errors;

namespace Highwater.EndToEnd.Tests;

public sealed class UnmountedDiskTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_is_written_onto_the_empty_place_of_a_repository_until_somebody_says_that_it_is_lost()
    {
        await using var installation = await Installation.StartAsync(Token);
        await installation.Postgres.ArchiveCurrentWalAsync(Token);
        (await installation.RunAsync(Token, "wal-sync"))
            .ExpectError(ErrorCodes.RepositoryMissing, "highwater backup", installation.LocalRepository);
        await installation.RunJsonAsync(Token, "backup");
        var mounted = installation.PathOf("mounted-elsewhere");
        Directory.Move(installation.LocalRepository, mounted);
        await installation.Postgres.ArchiveCurrentWalAsync(Token);
        var spooled = RepositoryFiles.Below(installation.Postgres.SpoolPath);

        (await installation.RunAsync(Token, "wal-sync")).ExpectError(ErrorCodes.RepositoryMissing, "mounted");
        (await installation.RunAsync(Token, "backup")).ExpectError(
            ErrorCodes.RepositoryNotCreated, installation.LocalRepository, "'remote' remembers", "mount it",
            "--create-repository local");

        Assert.False(Directory.Exists(installation.LocalRepository), "something was written to the mount point");
        Assert.Equal(spooled, RepositoryFiles.Below(installation.Postgres.SpoolPath));
        Directory.Move(mounted, installation.LocalRepository);
        (await installation.RunAsync(Token, "wal-sync")).ExpectDone();
        Assert.Empty(RepositoryFiles.Below(installation.Postgres.SpoolPath));

        // A lost disk is another matter: then the operator has a new repository made.
        Directory.Delete(installation.LocalRepository, recursive: true);
        (await installation.RunAsync(Token, "backup", "--create-repository", "local")).ExpectDone();
    }
}
