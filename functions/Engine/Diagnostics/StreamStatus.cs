using Highwater.Engine.Postgres;

namespace Highwater.Engine.Diagnostics;

/// <summary>How the server's replication slot for streaming is.</summary>
/// <param name="SlotName">By the settings.</param>
/// <param name="Slot">What the server says of it; null if there is none.</param>
/// <param name="WarnBytes">From how much kept WAL on it is warned of.</param>
/// <param name="LimitBytes">How much the operator allows; 0 for any.</param>
public sealed record StreamStatus(string SlotName, ReplicationSlot? Slot, long WarnBytes, long LimitBytes);
