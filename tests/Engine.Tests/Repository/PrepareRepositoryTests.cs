using System.Text.Json;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;
using Highwater.Engine.Tests.Backup;
using Microsoft.Extensions.Logging.Abstractions;

namespace Highwater.Engine.Tests.Repository;

public sealed class PrepareRepositoryTests : IAsyncLifetime
{
    private static readonly ClusterIdentity Cluster =
        new(RepositoryScene.Cluster, 15, RepositoryScene.SegmentSize);

    private readonly ListLogger<PrepareRepository> _log = new();
    private readonly RepositoryScene _other;
    private readonly Repositories _repositories;
    private readonly PrepareRepository _prepare;

    public PrepareRepositoryTests()
    {
        _other = RepositoryScene.CreateAsync("remote").GetAwaiter().GetResult();
        _repositories = new Repositories(
            [new RepositoryOptions("local", Place), new RepositoryOptions("remote", _other.Root)],
            _other.Clock, NullLogger<Repositories>.Instance);
        _prepare = new PrepareRepository(_repositories, _other.Clock, _log);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Place => _other.Root + "-local";

    /// <summary>What the other repository remembers of the place.</summary>
    private string Memory => RepositoryLayout.Counterpart(Place);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _repositories.DisposeAsync();
        if (Directory.Exists(Place))
            Directory.Delete(Place, recursive: true);
        _other.Dispose();
    }

    [Fact]
    public async Task An_empty_place_that_nobody_remembers_is_a_new_repository_even_beside_base_backups()
    {
        await _other.AddBackupAsync(1, 2, 1);
        Assert.Equal(Place, (await PrepareAsync()).Storage.Address);
        Assert.Equal(Place, (await PrepareAsync()).Storage.Address);
    }

    [Fact]
    public async Task Two_repositories_used_together_remember_each_other_as_they_first_were()
    {
        var since = _other.Clock.GetUtcNow();
        var local = await _prepare.RunBesideAsync("local", _other.Repository, Token);
        _other.Clock.Advance(TimeSpan.FromDays(1));
        await _prepare.RunBesideAsync("local", _other.Repository, Token);

        await AssertRemembersAsync(_other.Repository, local, since);
        await AssertRemembersAsync(local, _other.Repository, since);
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task An_empty_place_where_a_repository_was_is_left_empty_and_both_ways_on_are_named()
    {
        var since = _other.Clock.GetUtcNow();
        await _prepare.RunBesideAsync("local", _other.Repository, Token);
        Directory.Delete(Place, recursive: true);
        _other.Clock.Advance(TimeSpan.FromDays(1));

        var error = await Assert.ThrowsAsync<HighwaterException>(PrepareAsync);

        Assert.Equal(ErrorCodes.RepositoryNotCreated, error.Code);
        Assert.Contains(Place, error.WhatHappened, StringComparison.Ordinal);
        Assert.Contains($"since {since:u}", error.WhatHappened, StringComparison.Ordinal);
        Assert.Contains("'remote' remembers", error.WhatHappened, StringComparison.Ordinal);
        Assert.Contains("mount it", error.Remedy, StringComparison.Ordinal);
        Assert.Contains("highwater backup --create-repository local", error.Remedy, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Place));
        await _repositories.OpenOrCreateAsync("local", Cluster, Token);
        Assert.Equal("local", (await PrepareAsync()).Name);
    }

    [Fact]
    public async Task What_another_clusters_repository_remembers_says_nothing_about_this_one()
    {
        await _prepare.RunBesideAsync("local", _other.Repository, Token);
        Directory.Delete(Place, recursive: true);
        var another = Cluster with { SystemIdentifier = new SystemIdentifier(42) };
        Assert.Equal(
            another.SystemIdentifier,
            (await _prepare.RunAsync("local", another, Token)).Description.SystemIdentifier);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{ \"name\": \"loc")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{ "name": "local", "address": "/elsewhere" }""")]
    public async Task A_damaged_memory_is_logged_and_does_not_keep_a_repository_from_being_created(string json)
    {
        await _other.Storage.PutAsync(Memory, ObjectContent.FromBytes(System.Text.Encoding.UTF8.GetBytes(json)), Token);

        Assert.Equal("local", (await PrepareAsync()).Name);

        Assert.Contains(Memory, Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_memory_that_cannot_be_opened_is_logged_and_does_not_keep_a_repository_from_being_created()
    {
        Directory.CreateDirectory(_other.PathOf(Memory));

        Assert.Equal("local", (await PrepareAsync()).Name);

        Assert.Contains(Memory, Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_repository_that_is_there_is_opened_without_asking_the_others()
    {
        await PrepareAsync();
        await _other.Storage.PutAsync(Memory, ObjectContent.FromBytes("damaged"u8.ToArray()), Token);

        Assert.Equal("local", (await PrepareAsync()).Name);

        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task A_memory_that_cannot_be_written_is_logged_and_written_the_next_time()
    {
        _other.Storage.Fault = (method, key) => method == nameof(IStorage.PutAsync) && key == Memory
            ? new TransientException(ErrorCodes.StorageFull, "It is full.", "free room")
            : null;
        var local = await _prepare.RunBesideAsync("local", _other.Repository, Token);
        Assert.Contains(Memory, Assert.Single(_log.Lines), StringComparison.Ordinal);
        Assert.NotNull(await RecallAsync(local, _other.Root));
        Assert.Null(await RecallAsync(_other.Repository, Place));

        _other.Storage.Fault = (_, _) => null;
        await _prepare.RunBesideAsync("local", _other.Repository, Token);
        Assert.NotNull(await RecallAsync(_other.Repository, Place));
    }

    [Fact]
    public async Task Of_two_runs_that_remember_at_the_same_time_the_first_one_counts()
    {
        var since = _other.Clock.GetUtcNow();
        var local = await PrepareAsync();
        var raced = false;
        _other.Storage.Fault = (method, key) =>
        {
            if (method == nameof(IStorage.PutAsync) && key == Memory && !raced)
            {
                raced = true;
                new Counterparts(_other.Repository, _other.Clock, _log).RememberAsync(local, Token).Wait(Token);
            }

            return null;
        };

        var late = await BackupRepository.OpenAsync("another name", local.Storage, Token);
        await new Counterparts(_other.Repository, _other.Clock, _log).RememberAsync(late, Token);

        Assert.True(raced);
        Assert.Empty(_log.Lines);
        await AssertRemembersAsync(_other.Repository, local, since);
    }

    private Task<BackupRepository> PrepareAsync() => _prepare.RunAsync("local", Cluster, Token);

    private Task<CounterpartRecord?> RecallAsync(BackupRepository repository, string address) =>
        new Counterparts(repository, _other.Clock, _log).FindAsync(address, Token);

    private async Task AssertRemembersAsync(BackupRepository repository, BackupRepository other, DateTimeOffset since)
    {
        var expected = new CounterpartRecord(
            other.Name, other.Storage.Address, other.Description.RepositoryId, since);
        Assert.Equal(expected, await RecallAsync(repository, other.Storage.Address));
        var stored = Assert.Single(await repository.Storage
            .ListAsync(RepositoryLayout.Counterparts, Token).ToListAsync(Token));
        var json = JsonDocument.Parse(await repository.Storage.ReadSmallAsync(stored.Key, Token)).RootElement;
        Assert.Equal(
            ["name", "address", "repositoryId", "firstSeenAt"], json.EnumerateObject().Select(member => member.Name));
    }
}
