using Highwater.Engine.Diagnostics;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;

namespace Highwater.Engine.WalArchiving.Streaming;

/// <summary>
/// Sees to it that the local repository has everything the server has flushed by now: streams it, or, while a
/// continuous session does that, waits for it.
/// </summary>
public sealed class CatchUpWal(
    PostgresOptions server, WalStreamOptions options, StreamWal stream, TimeProvider clock)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    /// <param name="local">What WAL is streamed into.</param>
    /// <param name="others">As for <see cref="StreamWal"/>.</param>
    /// <param name="deadline">How long to wait for another session to bring it.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>What was streamed; null if another session brought it.</returns>
    /// <exception cref="TransientException"><see cref="ErrorCodes.WalAwaited"/>: the other session did not; says what
    /// was awaited.</exception>
    /// <exception cref="HighwaterException">What <see cref="StreamWal"/> throws.</exception>
    public async Task<WalStreamed?> RunAsync(
        BackupRepository local,
        IReadOnlyList<RepositorySource> others,
        TimeSpan deadline,
        CancellationToken cancellationToken)
    {
        var start = clock.GetTimestamp();
        ServerPosition? target = null;
        while (true)
        {
            var slot = await new ReadReplicationSlot(server).RunAsync(options.Slot, cancellationToken);
            if (slot is not { ActivePid: not null }
                && await TryStreamAsync(local, others, cancellationToken) is { } streamed)
                return streamed;
            target ??= await IdentifyAsync(cancellationToken);
            local.EnsureBelongsTo(target.SystemIdentifier);
            if (await HasAsync(local, target, cancellationToken))
                return null;
            if (clock.GetElapsedTime(start) >= deadline)
                throw Awaited(local, target, slot, clock.GetElapsedTime(start));
            await Task.Delay(PollInterval, clock, cancellationToken);
        }
    }

    /// <summary>Null if somebody else was faster.</summary>
    private async Task<WalStreamed?> TryStreamAsync(
        BackupRepository local, IReadOnlyList<RepositorySource> others, CancellationToken cancellationToken)
    {
        try
        {
            return await stream.RunAsync(local, others, StreamLimit.ServerPosition, cancellationToken);
        }
        catch (TransientException e) when (e.Code == ErrorCodes.SlotUnusable)
        {
            return null;
        }
    }

    private async Task<ServerPosition> IdentifyAsync(CancellationToken cancellationToken)
    {
        await using var connection = await WalConnection.OpenAsync(server, options, cancellationToken);
        return await connection.IdentifyAsync(cancellationToken);
    }

    /// <summary>Streaming stores in order: who has the last byte has all before it.</summary>
    private static async Task<bool> HasAsync(
        BackupRepository local, ServerPosition target, CancellationToken cancellationToken)
    {
        var size = local.Description.WalSegmentSize;
        var segment = WalSegmentName.Before(target.Timeline, target.Flushed, size);
        if (await new WalArchive(local).StatAsync(WalFileName.Of(segment), cancellationToken) is { IsThere: true })
            return true;
        var chain = await new WalPieces(local).ReadChainAsync(segment, cancellationToken);
        return segment.Start(size).Value + (ulong)chain.Length >= target.Flushed.Value;
    }

    private TransientException Awaited(
        BackupRepository local, ServerPosition target, ReplicationSlot? slot, TimeSpan waited) => new(
        ErrorCodes.WalAwaited,
        $"After {new Duration(waited)} the repository '{local.Name}' still lacks WAL before {target.Flushed} on "
        + $"timeline {target.Timeline}. "
        + (slot?.ActivePid is { } pid
            ? $"The session that streams it through the slot '{options.Slot}' (server process {pid}) has brought it up "
            + $"to {slot.RestartLsn?.ToString() ?? "nothing"}."
            : $"Nobody streams through the slot '{options.Slot}' for long enough."),
        "see in the log of 'highwater serve' what holds up the session; if no serve runs, another program uses the "
        + "slot: SELECT * FROM pg_stat_replication");
}
