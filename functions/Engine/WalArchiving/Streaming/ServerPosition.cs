using Highwater.Engine.Postgres;

namespace Highwater.Engine.WalArchiving.Streaming;

/// <summary>Where the server's WAL stands, as IDENTIFY_SYSTEM says it.</summary>
/// <param name="SystemIdentifier">The cluster.</param>
/// <param name="ServerMajor">Its version.</param>
/// <param name="Timeline">The one it writes on.</param>
/// <param name="Flushed">Everything before it can be streamed.</param>
internal sealed record ServerPosition(
    SystemIdentifier SystemIdentifier, int ServerMajor, uint Timeline, Lsn Flushed);
