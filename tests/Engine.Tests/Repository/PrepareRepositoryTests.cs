using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Microsoft.Extensions.Logging.Abstractions;

namespace Highwater.Engine.Tests.Repository;

public sealed class PrepareRepositoryTests : IAsyncLifetime
{
    private static readonly ClusterIdentity Cluster =
        new(RepositoryScene.Cluster, 15, RepositoryScene.SegmentSize);

    private readonly RepositoryScene _other;
    private readonly Repositories _repositories;

    public PrepareRepositoryTests()
    {
        _other = RepositoryScene.CreateAsync("remote").GetAwaiter().GetResult();
        _repositories = new Repositories(
            [new RepositoryOptions("local", Place), new RepositoryOptions("remote", _other.Root)],
            TimeProvider.System, NullLogger<Repositories>.Instance);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Place => _other.Root + "-local";

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _repositories.DisposeAsync();
        _other.Dispose();
    }

    [Fact]
    public async Task An_empty_place_is_a_new_repository_while_no_other_holds_a_base_backup()
    {
        await _other.AddWalAsync(1, 2);
        Assert.Equal(Place, (await PrepareAsync()).Storage.Address);
        Assert.Equal(Place, (await PrepareAsync()).Storage.Address);
    }

    [Fact]
    public async Task An_empty_place_beside_base_backups_is_left_empty_and_both_ways_on_are_named()
    {
        var backup = await _other.AddBackupAsync(1, 2, 1);

        var error = await Assert.ThrowsAsync<HighwaterException>(() => PrepareAsync());

        Assert.Equal(ErrorCodes.RepositoryNotCreated, error.Code);
        Assert.Contains($"{backup.Id}", error.WhatHappened, StringComparison.Ordinal);
        Assert.Contains("mount it", error.Remedy, StringComparison.Ordinal);
        Assert.Contains("highwater backup --create-repository local", error.Remedy, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Place));
        await new PrepareRepository(_repositories).CreateAsync("local", Cluster, Token);
        Assert.Equal("local", (await PrepareAsync()).Name);
    }

    [Fact]
    public async Task The_base_backup_that_is_being_taken_does_not_count()
    {
        var running = await _other.AddBackupAsync(1, 2, 1);
        Assert.Equal("local", (await PrepareAsync(running.Id)).Name);
    }

    [Fact]
    public async Task Another_clusters_base_backups_say_nothing_about_this_one()
    {
        await _other.AddBackupAsync(1, 2, 1);
        var another = Cluster with { SystemIdentifier = new SystemIdentifier(42) };
        Assert.Equal(
            another.SystemIdentifier,
            (await new PrepareRepository(_repositories).RunAsync("local", another, null, Token))
                .Description.SystemIdentifier);
    }

    private Task<BackupRepository> PrepareAsync(BackupId? running = null) =>
        new PrepareRepository(_repositories).RunAsync("local", Cluster, running, Token);
}
