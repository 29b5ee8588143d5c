using Highwater.Engine.Postgres;

namespace Highwater.TestKit.Postgres;

public sealed partial class PostgresServer
{
    /// <summary>
    /// Starts a standby of a running server that streams from it. It has the settings of its primary; what it archives
    /// once it is promoted goes into the spool of its primary.
    /// </summary>
    /// <param name="primary">May be a standby itself.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    /// <param name="arguments">More arguments of the server, such as <c>-c archive_mode=always</c>.</param>
    public static async Task<PostgresServer> StartStandbyAsync(
        PostgresServer primary, CancellationToken cancellationToken, params string[] arguments)
    {
        var folder = CreateFolder();
        var standby = new PostgresServer(folder, Path.Combine(folder, "data"), primary.Options);
        try
        {
            await standby.PrepareFolderAsync(cancellationToken);
            await primary.RunClientAsync(
                "pg_basebackup", cancellationToken, "-D", standby.DataDirectory, "-R", "-X", "stream", "-c", "fast",
                "--no-sync");
            await PostgresAccount.TakeOverAsync(standby.DataDirectory, cancellationToken);
            await standby.StartAsync(cancellationToken, arguments);
            return standby;
        }
        catch
        {
            await standby.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until a standby has replayed all that its primary has written by now, and gives how far that
    /// is.</summary>
    public async Task<Lsn> WaitForReplayAsync(PostgresServer primary, CancellationToken cancellationToken)
    {
        var written = await primary.QueryAsync<string>(
            "SELECT pg_current_wal_flush_lsn()::text", cancellationToken);
        await WaitUntilAsync(
            $"{written} was replayed",
            () => QueryAsync<bool>(
                $"SELECT coalesce(pg_last_wal_replay_lsn() >= '{written}', false)", cancellationToken),
            StartDeadline,
            cancellationToken);
        return Lsn.Parse(written);
    }

    /// <summary>Waits until the server's archive_command has taken a file.</summary>
    public Task WaitUntilArchivedAsync(string name, CancellationToken cancellationToken) => WaitUntilAsync(
        $"{name} was handed over",
        () => Task.FromResult(File.Exists(
            Path.Combine(DataDirectory, "pg_wal", "archive_status", name + ".done"))),
        StartDeadline,
        cancellationToken);

    /// <summary>Makes a standby a server of its own, on a new timeline.</summary>
    public async Task PromoteAsync(CancellationToken cancellationToken)
    {
        await ExecuteAsync("SELECT pg_promote(wait => false)", cancellationToken);
        await WaitForEndOfRecoveryAsync(cancellationToken);
    }
}
