using Highwater.TestKit.Postgres;

namespace Highwater.EndToEnd.Tests;

/// <summary>WAL without a shared folder: the whole way from a server that archives nothing to a restored one.</summary>
public sealed class StreamTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_everything_is_killed_the_remote_copy_alone_gives_back_the_last_acknowledged_commit()
    {
        await using var installation = await Installation.StartAsync(
            Token, new PostgresServerOptions { Archiving = false, WalSegmentMegabytes = 1 });
        installation.Environment["WAL_SOURCE"] = "stream";
        installation.Environment["WAL_STREAM_ACKNOWLEDGE"] = "all";
        installation.Environment.Remove("WAL_SPOOL_PATH");
        await using var serve = await ServeProcess.StartAsync(installation, Token);
        (await installation.RunAsync(Token, "backup")).ExpectDone();
        var postgres = installation.Postgres;
        await postgres.ExecuteAsync("CREATE TABLE marks (id int)", Token);
        await installation.AddNoiseAsync("noise", 3, Token);
        await postgres.ExecuteAsync("INSERT INTO marks VALUES (42)", Token);
        (await installation.RunAsync(Token, "wal-sync")).ExpectDone();
        var check = await installation.RunAsync(Token, "check");
        Assert.Contains(
            "streaming: The replication slot 'highwater' is acknowledged", check.Output, StringComparison.Ordinal);
        Assert.Contains("wal-arrival (remote): WAL segment", check.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("archiv", check.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("spool", check.Output, StringComparison.Ordinal);
        await postgres.ExecuteAsync("INSERT INTO marks VALUES (43)", Token);
        var committed = await postgres.QueryAsync<string>("SELECT pg_current_wal_flush_lsn()::text", Token);
        await postgres.WaitUntilAsync(
            "the commit is in both repositories",
            () => postgres.QueryAsync<bool>(
                $"SELECT coalesce(bool_or(restart_lsn >= '{committed}'), false) FROM pg_replication_slots", Token),
            Patience,
            Token);

        serve.Send("KILL");
        await serve.EndAsync(Token);
        await postgres.KillAsync();
        Directory.Delete(installation.LocalRepository, recursive: true);

        var restored = installation.PathOf("restored");
        var plan = (await installation.RunBareAsync(
            Token, ["restore", .. installation.RemoteArguments, "--to", restored, "--plan"])).ExpectDone();
        Assert.Contains("ends with a commit at", plan.Output, StringComparison.Ordinal);
        (await installation.RunBareAsync(
            Token, ["restore", .. installation.RemoteArguments, "--to", restored])).ExpectDone();
        await using var back = await PostgresServer.StartExistingAsync(
            restored, new PostgresServerOptions { WalSegmentMegabytes = 1 }, Token);
        Assert.Equal(43, await back.QueryAsync<int>("SELECT max(id) FROM marks", Token));
    }
}
