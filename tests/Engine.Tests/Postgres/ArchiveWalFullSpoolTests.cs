using Highwater.TestKit.Postgres;
using Highwater.TestKit.Storage;

namespace Highwater.Engine.Tests.Postgres;

/// <summary>A real server whose spool is a file system of its own, and full.</summary>
public sealed class ArchiveWalFullSpoolTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_server_keeps_its_segments_says_why_and_goes_on_when_there_is_room_again()
    {
        using var spool = new SmallFileSystem(4);
        await using var server = await PostgresServer.StartAsync(
            new PostgresServerOptions { Archiving = true, WalSegmentMegabytes = 1 }, Token);
        await server.ExecuteAsync(
            $"ALTER SYSTEM SET archive_command = 'WAL_SPOOL_PATH={spool.Path} {server.ArchiveWalPath} \"%p\" \"%f\"'",
            Token);
        await server.ExecuteAsync("SELECT pg_reload_conf()", Token);
        await server.ArchiveCurrentWalAsync(Token);
        var ballast = Path.Combine(spool.Path, "ballast");
        await File.WriteAllBytesAsync(
            ballast, new byte[new DriveInfo(spool.Path).AvailableFreeSpace - (256 << 10)], Token);

        var segment = await server.QueryAsync<string>(
            "SELECT pg_walfile_name(pg_logical_emit_message(false, 'highwater', 'kept'))", Token);
        await server.ExecuteAsync("SELECT pg_switch_wal()", Token);
        await server.WaitUntilAsync(
            "archive-wal failed",
            () => server.QueryAsync<bool>(
                $"SELECT coalesce(last_failed_wal = '{segment}', false) FROM pg_stat_archiver", Token),
            Deadline, Token);
        await server.ExecuteAsync("CHECKPOINT", Token);
        await server.ExecuteAsync("CHECKPOINT", Token); // Would remove or recycle what is archived.

        Assert.Contains($"archive-wal: the spool {spool.Path} is full", await server.ReadLogAsync(Token),
            StringComparison.Ordinal);
        var kept = Path.Combine(server.DataDirectory, "pg_wal", segment);
        Assert.True(File.Exists(kept), "the only copy of the segment is gone");
        Assert.False(File.Exists(Path.Combine(spool.Path, segment)), "something half-written has the segment's name");
        var bytes = await File.ReadAllBytesAsync(kept, Token);

        File.Delete(ballast);
        await server.ArchiveCurrentWalAsync(Token); // A new segment wakes the archiver, which takes the oldest first.
        Assert.Equal(bytes, await File.ReadAllBytesAsync(Path.Combine(spool.Path, segment), Token));
    }
}
