using Highwater.Engine.Postgres;
using Highwater.TestKit.Postgres;
using Highwater.TestKit.Storage;

namespace Highwater.EndToEnd.Tests;

public sealed class PromotionTests(PromotionFixture fixture) : IClassFixture<PromotionFixture>
{
    private const int SegmentBytes = 1 << 20;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Installation Installation => fixture.Installation;

    [Fact]
    public void Both_repositories_hold_the_histories_the_unfinished_segment_and_those_of_all_timelines()
    {
        Assert.NotEqual(0UL, fixture.FirstSwitch.Value % SegmentBytes);
        Assert.Equal(0UL, fixture.SecondSwitch.Value % SegmentBytes);
        var first = Number(fixture.FirstSwitch);
        var second = Number(fixture.SecondSwitch);
        foreach (var repository in new[] { Installation.LocalRepository, Installation.RemoteRepository })
        {
            var files = RepositoryFiles.Below(repository, "wal-archive").Select(Path.GetFileName).ToHashSet();
            Assert.Contains("00000002.history", files);
            Assert.Contains("00000003.history", files);
            Assert.Contains($"{Name(1, first - 1)}.zst", files);
            Assert.Contains($"{Name(1, first)}.partial.zst", files);
            Assert.DoesNotContain($"{Name(1, first)}.zst", files);
            for (var number = first; number < second; number++)
                Assert.Contains($"{Name(2, number)}.zst", files);
            Assert.DoesNotContain($"{Name(2, second)}.partial.zst", files);
            Assert.Contains($"{Name(3, second)}.zst", files);
        }

        Assert.Empty(RepositoryFiles.Below(Installation.Postgres.SpoolPath));
    }

    [Fact]
    public void The_unfinished_segment_that_a_standby_of_the_new_primary_hands_over_raises_no_alarm()
    {
        Assert.Contains(fixture.Log, line => line.Contains("unfinished", StringComparison.Ordinal));
        Assert.DoesNotContain(fixture.Log, line => line.Contains("Moved the WAL file", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Status_follows_the_promotions_and_sees_no_gap()
    {
        var status = await Installation.RunJsonAsync(Token, "status");
        Assert.Equal(0, status.GetProperty("spool").GetProperty("quarantined").GetInt32());
        var repositories = status.GetProperty("repositories").EnumerateArray().ToList();
        Assert.Equal(2, repositories.Count);
        Assert.All(repositories, repository =>
        {
            Assert.Equal(0, repository.GetProperty("gaps").GetArrayLength());
            Assert.Equal(1, repository.GetProperty("restorableBackups").GetInt32());
            var point = repository.GetProperty("recoveryPoint");
            Assert.Equal(3, point.GetProperty("timeline").GetInt32());
            Assert.True(Lsn.Parse(point.GetProperty("lsn").GetString()!) > fixture.SecondSwitch, $"{point}");
        });
    }

    [Theory]
    [InlineData("latest", "1,2,3,4", 4)]
    [InlineData("2", "1,2,3", 4)]
    [InlineData("1", "1,2", 4)]
    public async Task From_the_remote_alone_a_backup_of_the_first_timeline_is_restored_on_any_of_them(
        string timeline, string steps, int endsOn)
    {
        var directory = Installation.PathOf("on-" + timeline);
        (await Installation.RunBareAsync(
            Token,
            ["restore", "--to", directory, "--target-timeline", timeline, .. Installation.RemoteArguments]))
            .ExpectDone();
        await using var server = await PostgresServer.StartExistingAsync(directory, new PostgresServerOptions(), Token);
        Assert.Equal(
            steps,
            (await server.PsqlAsync("SELECT string_agg(step::text, ',' ORDER BY step) FROM steps", Token)).Trim());

        // A recovered server begins a timeline of its own, and takes the first number that is free.
        Assert.Equal(
            endsOn, await server.QueryAsync<int>("SELECT timeline_id FROM pg_control_checkpoint()", Token));
    }

    [Theory]
    [InlineData("latest", "1", false)]
    [InlineData("1", "1,2", true)]
    public async Task What_an_old_primary_wrote_after_the_fork_is_restored_only_on_its_own_timeline(
        string timeline, string steps, bool withAbandoned)
    {
        // As if another server had been promoted after row 1, and lost with all its WAL but the history.
        var copy = Installation.PathOf("lost-" + timeline);
        Shell.Run("cp", "-a", Installation.LocalRepository, copy);
        foreach (var path in Directory.GetFileSystemEntries(Path.Combine(copy, "wal-archive"))
            .Where(path => Path.GetFileName(path)[..8] is "00000002" or "00000003"))
        {
            if (Directory.Exists(path))
                Directory.Delete(path, recursive: true);
            else
                File.Delete(path);
        }

        await File.WriteAllTextAsync(
            Path.Combine(copy, "wal-archive", "00000002.history"), $"1\t{fixture.AfterRowOne}\tlost\n", Token);
        await PostgresAccount.TakeOverAsync(copy, Token);
        var directory = Installation.PathOf("from-lost-" + timeline);
        (await Installation.RunBareAsync(
            Token, ["restore", "--to", directory, "--target-timeline", timeline, "--repository", copy])).ExpectDone();
        await using var server = await PostgresServer.StartExistingAsync(directory, new PostgresServerOptions(), Token);
        Assert.Equal(
            steps,
            (await server.PsqlAsync("SELECT string_agg(step::text, ',' ORDER BY step) FROM steps", Token)).Trim());
        Assert.Equal(
            withAbandoned, await server.QueryAsync<bool>("SELECT to_regclass('abandoned') IS NOT NULL", Token));
    }

    private static ulong Number(Lsn lsn) => lsn.Value / SegmentBytes;

    private static string Name(int timeline, ulong number) => PromotionFixture.Name(timeline, number);
}
