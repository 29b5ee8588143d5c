namespace Highwater.Engine.Diagnostics.Checks;

/// <summary>How a marked WAL segment came into one repository.</summary>
/// <param name="Repository">Its name.</param>
/// <param name="After">How long after it was closed on the server; null if it did not come.</param>
/// <param name="Fault">Why it did not come; null if it did, or if nobody tried.</param>
/// <param name="StoredAt">When it was stored, by the storage's clock; null if it did not come.</param>
/// <param name="SeenAt">When it was seen there, by this machine's clock; null if it did not come.</param>
public sealed record WalArrival(
    string Repository,
    TimeSpan? After,
    StatusFault? Fault = null,
    DateTimeOffset? StoredAt = null,
    DateTimeOffset? SeenAt = null);
