using Highwater.Engine.Postgres;

namespace Highwater.TestKit.Postgres;

public sealed partial class PostgresServer
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>Polls a question, mostly SQL, until it is answered with yes.</summary>
    /// <exception cref="TimeoutException">It was not within the deadline; the message has the end of the
    /// log.</exception>
    public async Task WaitUntilAsync(
        string what, Func<Task<bool>> isSo, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            if (TimeProvider.System.GetElapsedTime(start) > deadline)
            {
                throw new TimeoutException(
                    $"Waited {deadline} in vain until {what}. The server's log:\n"
                    + $"{await ReadLogAsync(cancellationToken)}");
            }

            await Task.Delay(PollInterval, cancellationToken);
        }
    }

    /// <summary>Waits until a recovery has ended and the server takes writes.</summary>
    public Task WaitForEndOfRecoveryAsync(CancellationToken cancellationToken) => WaitUntilAsync(
        "recovery ended",
        async () =>
        {
            if (_process!.Ended.IsCompleted)
            {
                throw new InvalidOperationException(
                    $"The server ended during recovery:\n{await ReadLogAsync(cancellationToken)}");
            }

            return !await QueryAsync<bool>("SELECT pg_is_in_recovery()", cancellationToken);
        },
        StartDeadline,
        cancellationToken);

    /// <summary>Closes the current WAL segment and waits until everything up to it is archived.</summary>
    public async Task ArchiveCurrentWalAsync(CancellationToken cancellationToken)
    {
        // The record makes sure that there is something to switch away from.
        var segment = await QueryAsync<string>(
            "SELECT pg_walfile_name(pg_logical_emit_message(false, 'highwater', 'switch'))", cancellationToken);
        await ExecuteAsync("SELECT pg_switch_wal()", cancellationToken);
        await WaitUntilAsync(
            $"segment {segment} is archived",
            async () => await QueryAsync<bool>(
                $"SELECT coalesce(last_archived_wal >= '{segment}', false) FROM pg_stat_archiver", cancellationToken),
            TimeSpan.FromSeconds(60),
            cancellationToken);
    }

    /// <summary>
    /// The eighth line of postmaster.pid says when connections are taken (miscadmin.h, LOCK_FILE_LINE_PM_STATUS);
    /// asking by connecting would fill the log with refusals.
    /// </summary>
    private async Task<bool> WaitUntilReadyAsync(BoundProcess server, CancellationToken cancellationToken)
    {
        var pidFile = Path.Combine(DataDirectory, "postmaster.pid");
        var ready = false;
        await WaitUntilAsync(
            "the server was ready",
            async () =>
            {
                ready = File.Exists(pidFile) && await SaysReadyAsync(pidFile, server.Process.Id, cancellationToken);
                return ready || server.Ended.IsCompleted;
            },
            StartDeadline,
            cancellationToken);
        return ready;
    }

    private static async Task<bool> SaysReadyAsync(string pidFile, int pid, CancellationToken cancellationToken)
    {
        try
        {
            var lines = await File.ReadAllLinesAsync(pidFile, cancellationToken);
            return lines.Length >= 8 && lines[0] == $"{pid}" && lines[7].Trim() is "ready" or "standby";
        }
        catch (IOException)
        {
            return false; // Between File.Exists and here a stopping server removed it.
        }
    }
}
