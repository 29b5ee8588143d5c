using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Microsoft.Extensions.Logging;

namespace Highwater.Engine.WalArchiving.Streaming;

/// <summary>
/// Takes WAL from the server by physical replication through a slot (documentation, "Streaming Replication
/// Protocol"), for servers that cannot hand files over, and for a smaller loss: what was written a second ago is safe,
/// not only finished segments. The server is told of nothing that is not durable; so a run may be killed anywhere and
/// repeated. Only one at a time: the slot takes no second.
/// </summary>
public sealed partial class StreamWal(
    PostgresOptions server,
    WalOptions wal,
    WalStreamOptions options,
    ReplicateWal replicate,
    TimeProvider clock,
    ILogger<StreamWal> logger)
{
    private readonly SlotLagGuard _guard = new(options);

    /// <summary>
    /// Streams into the local repository, from the first byte it lacks after its newest segment, and on to the others.
    /// Makes the slot where there is none. Follows the server to a new timeline.
    /// </summary>
    /// <param name="local">What streaming goes by.</param>
    /// <param name="others">Opened when there is something for them; one that is away is in no way needed, but by the
    /// slot where every repository is to have what is acknowledged.</param>
    /// <param name="limit">How long.</param>
    /// <param name="cancellationToken">Stops it at once.</param>
    /// <exception cref="HighwaterException">2xx; errors of the local repository;
    /// <see cref="ErrorCodes.SlotUnusable"/>, transient if somebody else streams, for a session only if that goes on
    /// until its end;
    /// <see cref="ErrorCodes.WalConflict"/>: the repository has WAL that the server has not written. A line that breaks
    /// is a <see cref="TransientException"/>: what came before is safe.</exception>
    public async Task<WalStreamed> RunAsync(
        BackupRepository local,
        IReadOnlyList<RepositorySource> others,
        StreamLimit limit,
        CancellationToken cancellationToken)
    {
        await using var run = new StreamRun(server, wal, options, replicate, clock, logger, local, others, limit);
        try
        {
            while (!await TryAsync(run, cancellationToken))
            {
                // Begun again, from where the repository then is.
            }
        }
        catch (HighwaterException e) when (!ErrorCodes.OfPostgres.Contains(e.Code) && e.Code != ErrorCodes.SlotUnusable)
        {
            await JudgeFailureAsync(e, cancellationToken);
            throw;
        }

        return run.Result();
    }

    /// <summary>False if the server is on another timeline by now: that is how it ends a stream when it is promoted.
    /// And where a segment has to be streamed again.</summary>
    private async Task<bool> TryAsync(StreamRun run, CancellationToken cancellationToken)
    {
        try
        {
            await run.RunAsync(cancellationToken);
            return true;
        }
        catch (TransientException e) when (e.Code == ErrorCodes.PostgresUnreachable)
        {
            if (!await run.IsOnAnotherTimelineAsync(cancellationToken))
                throw;
            LogTimeline(logger, run.Timeline, run.Durable);
            return false;
        }
        catch (TransientException e) when (e.Code == ErrorCodes.SlotUnusable)
        {
            // A WAL sync came first, between two sessions: it streams the same.
            if (!await run.AwaitTurnAsync(cancellationToken))
                throw;
            return false;
        }
        catch (TransientException e) when (e.Code == ErrorCodes.WalInvalid)
        {
            LogAgain(logger, e.Message);
            await run.AwaitFreeSlotAsync(cancellationToken);
            return false;
        }
    }

    /// <summary>When the local repository takes nothing, the server keeps what was not streamed.</summary>
    private async Task JudgeFailureAsync(HighwaterException failure, CancellationToken cancellationToken)
    {
        if (await TryReadSlotAsync(cancellationToken) is not { } slot)
            return;
        var verdict = _guard.Judge(slot.LagBytes);
        if (verdict == SlotLagVerdict.Fine)
            return;
        LogLagging(logger, _guard.Describe(slot.LagBytes, failure).Message);
        if (verdict != SlotLagVerdict.TooMuch || options.LagAction != SlotLagAction.Drop)
            return;
        await using var connection = await WalConnection.OpenAsync(server, options, cancellationToken);
        await connection.DropSlotAsync(cancellationToken);
    }

    private async Task<ReplicationSlot?> TryReadSlotAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await new ReadReplicationSlot(server).RunAsync(options.Slot, cancellationToken);
        }
        catch (HighwaterException e)
        {
            LogUnknownLag(logger, e.Message);
            return null;
        }
    }

    [LoggerMessage(EventId = 537, Level = LogLevel.Information,
        Message = "The server left timeline {Timeline} at about {Lsn}: streaming follows it")]
    private static partial void LogTimeline(ILogger logger, uint timeline, Lsn lsn);

    [LoggerMessage(EventId = 541, Level = LogLevel.Warning, Message = "{Error}")]
    private static partial void LogAgain(ILogger logger, string error);

    [LoggerMessage(EventId = 538, Level = LogLevel.Error, Message = "{Error}")]
    private static partial void LogLagging(ILogger logger, string error);

    [LoggerMessage(EventId = 539, Level = LogLevel.Warning,
        Message = "How much WAL the server keeps for the slot could not be read: {Error}")]
    private static partial void LogUnknownLag(ILogger logger, string error);
}
