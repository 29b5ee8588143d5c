using System.Globalization;
using Highwater.Engine.Postgres;
using Highwater.TestKit.Postgres;

namespace Highwater.EndToEnd.Tests;

/// <summary>
/// A base backup of timeline 1, and then two promotions while <c>serve</c> syncs: the first in the middle of a segment,
/// the second exactly at the end of one. Row 1 was written before the first promotion, in a segment that was archived;
/// row 2 as well, in the one that was never finished; row 3 between the two, and row 4 after both. A standby of the
/// promoted server archives too (archive_mode=always), into the same spool, and hands over the unfinished segment under
/// its whole name.
/// </summary>
public sealed class PromotionFixture : IAsyncLifetime
{
    private const int SegmentBytes = 1 << 20;

    private readonly List<PostgresServer> _standbys = [];

    public Installation Installation { get; private set; } = null!;

    /// <summary>After row 1 and before the table <c>abandoned</c>, in one segment, which was archived.</summary>
    public Lsn AfterRowOne { get; private set; }

    /// <summary>Where timeline 2 began, in the middle of a segment.</summary>
    public Lsn FirstSwitch { get; private set; }

    /// <summary>Where timeline 3 began, between two segments.</summary>
    public Lsn SecondSwitch { get; private set; }

    /// <summary>What <c>serve</c> logged.</summary>
    public IReadOnlyList<string> Log { get; private set; } = [];

    /// <summary>The server in the end.</summary>
    public PostgresServer Newest => _standbys[^1];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Installation = await Installation.StartAsync(
            Token, new PostgresServerOptions { Archiving = true, WalSegmentMegabytes = 1 });
        Installation.Environment["WAL_SYNC_INTERVAL"] = "1";
        var first = Installation.Postgres;
        await first.ExecuteAsync("CREATE TABLE steps (step int)", Token);
        await Installation.RunJsonAsync(Token, "backup");
        await using var serve = await ServeProcess.StartAsync(Installation, Token);
        await WriteAsync(first, 1);
        AfterRowOne = Lsn.Parse(await first.QueryAsync<string>("SELECT pg_current_wal_insert_lsn()::text", Token));
        await first.ExecuteAsync("CREATE TABLE abandoned ()", Token);
        await first.ArchiveCurrentWalAsync(Token);

        var second = await AddStandbyAsync(first);
        await using (var follower = await PostgresServer.StartStandbyAsync(second, Token, "-c", "archive_mode=always"))
        {
            await WriteAsync(first, 2);
            await second.WaitForReplayAsync(first, Token);
            await follower.WaitForReplayAsync(first, Token);
            await first.KillAsync();
            FirstSwitch = await PromoteAsync(second, 2);
            await follower.WaitUntilArchivedAsync(Name(1, FirstSwitch.Value / SegmentBytes), Token);
        }

        await WriteAsync(second, 3);
        await second.ArchiveCurrentWalAsync(Token);

        var third = await AddStandbyAsync(second);
        await KillBetweenSegmentsAsync(second, third);
        SecondSwitch = await PromoteAsync(third, 3);
        await WriteAsync(third, 4);
        await third.ArchiveCurrentWalAsync(Token);

        Installation.Environment["POSTGRES_PORT"] = $"{third.Port}";
        (await Installation.RunAsync(Token, "wal-sync")).ExpectDone();
        await serve.StopAsync(Token);
        Log = [.. serve.Lines];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var standby in _standbys)
            await standby.DisposeAsync();
        await Installation.DisposeAsync();
    }

    /// <summary>The name of a segment of 1 MiB, of which 4096 fit in 4 GiB.</summary>
    public static string Name(int timeline, ulong number) =>
        string.Create(CultureInfo.InvariantCulture, $"{timeline:X8}{number / 4096:X8}{number % 4096:X8}");

    private static Task WriteAsync(PostgresServer server, int step) =>
        server.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"INSERT INTO steps VALUES ({step})"), Token);

    /// <summary>Promotes, and gives where the new timeline begins, as its history file says.</summary>
    private static async Task<Lsn> PromoteAsync(PostgresServer standby, int timeline)
    {
        await standby.PromoteAsync(Token);
        var history = Path.Combine(standby.DataDirectory, "pg_wal", $"{timeline:X8}.history");
        var last = (await File.ReadAllLinesAsync(history, Token)).Last(line => line.Contains('\t'));
        return Lsn.Parse(last.Split('\t')[1]);
    }

    /// <summary>
    /// Kills the primary when the standby has everything up to the end of a segment and nothing beyond it. A server
    /// writes some WAL of its own accord, so this may take more than one attempt.
    /// </summary>
    private static async Task KillBetweenSegmentsAsync(PostgresServer primary, PostgresServer standby)
    {
        for (var attempt = 1; ; attempt++)
        {
            await primary.ExecuteAsync("SELECT pg_logical_emit_message(false, 'highwater', 'full')", Token);
            await primary.ExecuteAsync("SELECT pg_switch_wal()", Token);
            await standby.WaitForReplayAsync(primary, Token);
            await primary.KillAsync();
            var received = await standby.QueryAsync<string>("SELECT pg_last_wal_replay_lsn()::text", Token);
            if (Lsn.Parse(received).Value % SegmentBytes == 0)
                return;
            Assert.True(attempt < 20, $"The standby never stopped at the end of a segment, but at {received}");
            await primary.StartAsync(Token);
        }
    }

    private async Task<PostgresServer> AddStandbyAsync(PostgresServer primary)
    {
        var standby = await PostgresServer.StartStandbyAsync(primary, Token);
        _standbys.Add(standby);
        return standby;
    }
}
