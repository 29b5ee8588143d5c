using Highwater.Engine.Repository;
using Highwater.Engine.Retention;
using Highwater.Engine.Storage.Sftp;
using Highwater.Engine.Tests.Repository;
using Highwater.Engine.Verification;
using Highwater.TestKit.Ssh;
using Microsoft.Extensions.Logging.Abstractions;

namespace Highwater.Engine.Tests.Verification;

public sealed class VerifyOverSftpTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Damage_on_another_machine_is_found_repaired_and_pruned_with_and_without_a_shell(bool sftpOnly)
    {
        using var scene = await RepositoryScene.CreateAsync();
        var backup = await scene.AddBackupAsync(1, 2, 1, 2);
        await scene.AddBackupAsync(2, 5, 2, 3);
        await scene.AddWalAsync(2, 7);
        using var copy = await scene.CopyAsync("local");
        await using var server = await SshServer.StartAsync(new SshServerOptions { SftpOnly = sftpOnly }, Token);
        await using var storage = new SftpStorage(
            new SftpOptions(SshServer.Host, SshServer.User, scene.Root, server.Ed25519Key, server.KnownHosts)
            {
                Port = server.Port,
            });
        var remote = await BackupRepository.OpenAsync("remote", storage, Token);
        Assert.Empty((await VerifyAsync(scene, remote)).Findings);

        var pack = RepositoryLayout.Pack(backup.Packs[0].Sha256);
        scene.FlipBit(pack);
        scene.Truncate(RepositoryScene.WalKey(3), 0);
        var found = await VerifyAsync(scene, remote);
        Assert.Equal([pack, RepositoryScene.WalKey(3)], found.Findings.Select(finding => finding.Key));
        Assert.False(found.Backups[0].Restorable);

        Assert.True((await VerifyAsync(scene, remote, copy.Repository)).Passed);
        Assert.Empty((await VerifyAsync(scene, remote)).Findings);

        var pruned = await new PruneRepository(scene.Clock, NullLogger<PruneRepository>.Instance)
            .RunAsync(remote, 1, false, Token);
        Assert.Equal([backup.Id], pruned.Plan.Backups);
        Assert.DoesNotContain(pack, await scene.KeysAsync());
        Assert.Empty((await VerifyAsync(scene, remote)).Findings);
    }

    private static Task<VerificationReport> VerifyAsync(
        RepositoryScene scene, BackupRepository remote, BackupRepository? repairFrom = null) =>
        new VerifyRepository(scene.Clock, NullLogger<VerifyRepository>.Instance)
            .RunAsync(remote, new VerifyRequest(), repairFrom, null, Token);
}
