using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Microsoft.Extensions.Logging;

namespace Highwater.Engine.WalArchiving.Streaming;

/// <summary>The replication slot of a run, and what an operator has to know of it.</summary>
internal sealed partial class StreamSlot(PostgresOptions server, WalStreamOptions options, ILogger logger)
{
    private const int Looks = 40;

    /// <summary>Between two looks at whether the slot is free.</summary>
    public static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>The server notices a moment later that a connection is closed. If it does not, the next attempt to
    /// stream says so.</summary>
    /// <exception cref="HighwaterException">2xx.</exception>
    public async Task AwaitFreeAsync(TimeProvider clock, CancellationToken cancellationToken)
    {
        for (var look = 0; look < Looks; look++)
        {
            if (await IsFreeAsync(cancellationToken))
                return;
            await Task.Delay(LookInterval, clock, cancellationToken);
        }
    }

    /// <summary>Whether nobody streams through it, be it there or not.</summary>
    /// <exception cref="HighwaterException">2xx.</exception>
    public async Task<bool> IsFreeAsync(CancellationToken cancellationToken) =>
        await new ReadReplicationSlot(server).RunAsync(options.Slot, cancellationToken) is not { ActivePid: not null };

    /// <summary>Makes the slot where there is none, or where the server has given it up.</summary>
    /// <exception cref="HighwaterException">2xx; <see cref="ErrorCodes.SlotUnusable"/>.</exception>
    public async Task<ReplicationSlot> PrepareAsync(
        WalConnection connection, List<WalFault> faults, CancellationToken cancellationToken)
    {
        var read = new ReadReplicationSlot(server);
        var slot = await read.RunAsync(options.Slot, cancellationToken);
        if (slot is { IsPhysical: false })
            throw new HighwaterException(
                ErrorCodes.SlotUnusable,
                $"The replication slot '{options.Slot}' is a logical one.",
                "name another that nobody uses: WAL_STREAM_SLOT=highwater");
        if (slot is { IsLost: true })
        {
            Report(faults, SlotLagGuard.Lost(slot));
            await connection.DropSlotAsync(cancellationToken);
            slot = null;
        }

        if (slot is not null)
        {
            WarnOfLag(slot);
            return slot;
        }

        await connection.CreateSlotAsync(cancellationToken);
        slot = await read.RunAsync(options.Slot, cancellationToken);
        LogCreated(logger, options.Slot, slot?.RestartLsn ?? Lsn.None);
        return slot ?? throw new TransientException(
            ErrorCodes.SlotUnusable, $"The replication slot '{options.Slot}' was dropped as soon as it was made.",
            "find out who drops it");
    }

    /// <summary>Drops the slot once the server has noticed that its stream is over.</summary>
    public async Task DropAsync(CancellationToken cancellationToken)
    {
        await using var connection = await WalConnection.OpenAsync(server, options, cancellationToken);
        await connection.DropSlotAsync(cancellationToken);
    }

    /// <summary>Says it loudly, and in the result.</summary>
    public void Report(List<WalFault> faults, HighwaterException error)
    {
        LogFault(logger, error.Message);
        faults.Add(WalFault.Of(options.Slot, error));
    }

    private void WarnOfLag(ReplicationSlot slot)
    {
        var verdict = new SlotLagGuard(options).Judge(slot.LagBytes);
        if (verdict != SlotLagVerdict.Fine)
            LogLag(
                logger,
                verdict == SlotLagVerdict.TooMuch ? LogLevel.Error : LogLevel.Warning,
                ErrorCodes.SlotLagging.Code,
                slot.LagBytes,
                options.Slot);
    }

    [LoggerMessage(EventId = 531, Level = LogLevel.Information,
        Message = "Made the replication slot {Slot}: the server keeps its WAL from {Lsn} on")]
    private static partial void LogCreated(ILogger logger, string slot, Lsn lsn);

    [LoggerMessage(EventId = 532, Level = LogLevel.Error, Message = "{Error}")]
    private static partial void LogFault(ILogger logger, string error);

    [LoggerMessage(EventId = 540,
        Message = "{Code}: The server keeps {Bytes} bytes of WAL for the replication slot {Slot}: streaming has to "
            + "catch up")]
    private static partial void LogLag(ILogger logger, LogLevel level, string code, long bytes, string slot);
}
