using Highwater.Engine.Postgres;

namespace Highwater.Engine.WalArchiving.Streaming;

/// <summary>A stretch of WAL on one timeline.</summary>
/// <param name="Timeline">Whose segments they are.</param>
/// <param name="From">The start of a segment.</param>
/// <param name="Until">The start of the segment in which the next timeline begins; null on the last
/// timeline.</param>
internal sealed record StreamLeg(uint Timeline, Lsn From, Lsn? Until);
