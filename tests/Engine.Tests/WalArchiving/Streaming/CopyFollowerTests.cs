using Highwater.Engine.Errors;
using Highwater.Engine.Repository;
using Highwater.Engine.WalArchiving.Streaming;
using Microsoft.Extensions.Logging.Abstractions;

namespace Highwater.Engine.Tests.WalArchiving.Streaming;

public sealed class CopyFollowerTests
{
    [Fact]
    public async Task Trouble_with_the_work_file_ends_nothing_and_is_tried_again()
    {
        await using var scene = await WalScene.CreateAsync();
        var attempts = 0;
        var source = new RepositorySource("remote", "remote", _ => ++attempts == 1
            ? throw new IOException("Too many open files")
            : Task.FromResult(scene.Remote));
        var follower = new CopyFollower(
            scene.Local, source, WalScene.Replicator(), WalStreamOptions.Default, TimeProvider.System,
            NullLogger.Instance);

        await follower.RunOnceAsync(WalScene.Token);
        Assert.Equal(ErrorCodes.StorageFailed, follower.Trouble!.Code);
        Assert.Contains("Too many open files", follower.Trouble.WhatHappened, StringComparison.Ordinal);

        await follower.RunOnceAsync(WalScene.Token);
        Assert.Null(follower.Trouble);
    }
}
