using Highwater.Engine.Diagnostics;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;

namespace Highwater.Engine.WalArchiving.Streaming;

/// <summary>Judges how much WAL the server keeps because repositories do not have it. Pure.</summary>
internal sealed class SlotLagGuard(WalStreamOptions options)
{
    public SlotLagVerdict Judge(long lagBytes) =>
        options.LagLimitBytes > 0 && lagBytes > options.LagLimitBytes ? SlotLagVerdict.TooMuch
        : lagBytes > options.LagWarnBytes ? SlotLagVerdict.Much
        : SlotLagVerdict.Fine;

    /// <summary>What an operator is told.</summary>
    /// <param name="lagBytes">How much is kept.</param>
    /// <param name="why">The trouble that keeps WAL from being acknowledged, or null if it is only not streamed
    /// yet.</param>
    public HighwaterException Describe(long lagBytes, HighwaterException? why)
    {
        var limit = options.LagLimitBytes > 0
            ? $"the limit is {new ByteCount(options.LagLimitBytes)}"
            : $"a warning is due from {new ByteCount(options.LagWarnBytes)} on";
        var cause = why is null ? "" : $" The cause: {why.Code}: {why.WhatHappened}";
        return new HighwaterException(
            ErrorCodes.SlotLagging,
            $"The server keeps {new ByteCount(lagBytes)} of WAL for the replication slot '{options.Slot}'; "
            + $"{limit}. {Consequence(lagBytes)}{cause}",
            (why is null ? "let streaming run until it has caught up" : why.Remedy)
            + "; look after the room in the server's pg_wal");
    }

    /// <summary>The first position that is gone, once the slot was dropped.</summary>
    public static HighwaterException Lost(ReplicationSlot slot) => new(
        ErrorCodes.SlotLost,
        $"The server has removed WAL that was still to be streamed through the replication slot '{slot.Name}' "
        + "(max_slot_wal_keep_size): the slot is lost. It was made anew.",
        "take a base backup now if 'highwater status' names a gap: highwater backup; then raise "
        + "max_slot_wal_keep_size, or find out why streaming stood still for so long");

    private string Consequence(long lagBytes) => Judge(lagBytes) != SlotLagVerdict.TooMuch
        ? "Nothing is lost as long as its disk has room."
        : options.LagAction switch
        {
            SlotLagAction.Release =>
                "By WAL_SLOT_LAG_ACTION the server was told to forget what the local repository has, though another "
                + "one lacks it.",
            SlotLagAction.Drop =>
                "By WAL_SLOT_LAG_ACTION the slot was dropped: WAL that no repository has is a gap now.",
            _ => "By WAL_SLOT_LAG_ACTION it goes on keeping it until its disk is full.",
        };
}
