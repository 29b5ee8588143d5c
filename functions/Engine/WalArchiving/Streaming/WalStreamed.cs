using Highwater.Engine.Postgres;

namespace Highwater.Engine.WalArchiving.Streaming;

/// <summary>What one run of <see cref="StreamWal"/> did.</summary>
/// <param name="Timeline">The server's.</param>
/// <param name="From">Where it began.</param>
/// <param name="Durable">Everything before it is durable in the local repository.</param>
/// <param name="Acknowledged">The server was told that it may forget everything before it; <see cref="Lsn.None"/> if
/// it was told nothing.</param>
/// <param name="Segments">How many segments were finished.</param>
/// <param name="Bytes">What was received.</param>
/// <param name="Faults">What an operator has to know of: segments that did not get in, WAL that was gone, what was done
/// about a slot that lags.</param>
public sealed record WalStreamed(
    uint Timeline,
    Lsn From,
    Lsn Durable,
    Lsn Acknowledged,
    int Segments,
    long Bytes,
    IReadOnlyList<WalFault> Faults);
