using System.Globalization;
using System.Text.Json;
using Highwater.TestKit.Postgres;

namespace Highwater.EndToEnd.Tests.Chaos;

/// <summary>
/// pgbench runs while everything around it is disturbed at random. HIGHWATER_CHAOS_SECONDS makes the storm longer,
/// HIGHWATER_CHAOS_SEED repeats one.
/// </summary>
public sealed class ChaosTests
{
    private const int Seconds = 12;

    // What fails in CI has to fail again there; a storm that somebody lets run for longer is a new one each time.
    private const int Seed = 20_261_127;

    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(10);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("archive")]
    [InlineData("both")]
    [InlineData("stream")]
    public async Task After_any_storm_both_archives_are_without_a_gap_and_equal_to_the_WAL_of_the_server(
        string walSource)
    {
        var seconds = Number("HIGHWATER_CHAOS_SECONDS");
        var seed = Number("HIGHWATER_CHAOS_SEED") ?? (seconds is null ? Seed : Random.Shared.Next());
        var length = TimeSpan.FromSeconds(seconds ?? Seconds);
        TestContext.Current.TestOutputHelper!.WriteLine($"HIGHWATER_CHAOS_SEED={seed}");
        await using var bed = await ChaosBed.StartAsync(walSource, Token);
        var storm = new Storm(seed, bed.Disturbances);
        try
        {
            await using (new Load(bed.Installation.Postgres))
                await storm.RunAsync(length, Token);
            await AssertGoodAsync(bed);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException(
                $"HIGHWATER_CHAOS_SEED={seed} HIGHWATER_CHAOS_SECONDS={length.TotalSeconds} brings this storm "
                + $"again:\n{storm.Log}\n{e.Message}", e);
        }

        TestContext.Current.TestOutputHelper!.WriteLine(storm.Log);
    }

    private static int? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value
            ? int.Parse(value, CultureInfo.InvariantCulture)
            : null;

    private static async Task AssertGoodAsync(ChaosBed bed)
    {
        var installation = bed.Installation;
        var server = installation.Postgres;
        await FinishSegmentAsync(bed);

        // What was under way in the storm may still end with its error; what is asked for now must not.
        await installation.RunAsync(Token, "wal-sync");
        await installation.RunAsync(Token, "backup");
        (await installation.RunAsync(Token, "backup")).ExpectDone();
        (await installation.RunAsync(Token, "check")).ExpectDone();
        var last = await FinishSegmentAsync(bed);
        (await installation.RunAsync(Token, "wal-sync")).ExpectDone();
        (await installation.RunAsync(Token, "status")).ExpectDone();

        // Neither repository is looked at, nor taken away, while something is on its way there.
        await bed.StopServeAsync(Token);
        (await installation.RunAsync(Token, "wal-sync")).ExpectDone();

        Assert.Empty(RepositoryFiles.Below(bed.Spool));
        RepositoryFiles.AssertSame(installation.LocalRepository, installation.RemoteRepository);
        var list = await installation.RunJsonAsync(Token, "list");
        Assert.All(list.EnumerateArray(), backup => Assert.True(backup.GetProperty("restorable").GetBoolean()));
        var oldest = list.EnumerateArray().Select(backup => backup.GetProperty("id").GetString()!).Min()!;
        var record = await File.ReadAllTextAsync(
            Path.Combine(installation.LocalRepository, "base-backups", oldest, "backup.json"), Token);
        var first = JsonDocument.Parse(record).RootElement.GetProperty("firstSegment").GetString()!;
        foreach (var (repository, scratch) in new[]
            { (installation.LocalRepository, "wal-local"), (installation.RemoteRepository, "wal-remote") })
        {
            await ArchivedWal.AssertIsThatOfAsync(
                server, repository, first, last, installation.PathOf(scratch), Token);
        }

        await AssertRestoresAsync(installation, oldest);
    }

    /// <summary>Ends the present segment, and waits until it left pg_wal where WAL is archived; gives its
    /// name.</summary>
    private static async Task<string> FinishSegmentAsync(ChaosBed bed)
    {
        var server = bed.Installation.Postgres;
        var segment = await server.QueryAsync<string>(
            "SELECT pg_walfile_name(pg_logical_emit_message(false, 'highwater', 'the last'))", Token);
        await server.ExecuteAsync("SELECT pg_switch_wal()", Token);
        if (!bed.Archives)
            return segment;
        await server.WaitUntilAsync(
            $"{segment} was archived",
            async () => await server.QueryAsync<bool>(
                $"SELECT coalesce(last_archived_wal >= '{segment}', false) FROM pg_stat_archiver", Token),
            Deadline,
            Token);
        return segment;
    }

    /// <summary>From the remote repository alone, over all the WAL of the storm.</summary>
    private static async Task AssertRestoresAsync(Installation installation, string backup)
    {
        const string Contents =
            "SELECT count(*), sum(delta), (SELECT sum(abalance) FROM pgbench_accounts) FROM pgbench_history";
        var expected = await installation.Postgres.PsqlAsync(Contents, Token);
        Directory.Move(installation.LocalRepository, installation.LocalRepository + "-away");
        var directory = installation.PathOf("restored");
        (await installation.RunBareAsync(
            Token, ["restore", "--to", directory, "--backup", backup, .. installation.RemoteArguments])).ExpectDone();
        await using var restored = await PostgresServer.StartExistingAsync(
            directory, new PostgresServerOptions(), Token);
        Assert.Equal(expected, await restored.PsqlAsync(Contents, Token));
    }
}
