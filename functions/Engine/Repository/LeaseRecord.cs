namespace Highwater.Engine.Repository;

/// <summary><c>leases/HOLDER.json</c>: who reads or writes long, and until when that is to be believed.</summary>
/// <param name="Holder">Unique for each lease.</param>
/// <param name="Purpose">What it is held for.</param>
/// <param name="Process">Who holds it.</param>
/// <param name="AcquiredAt">UTC, by the holder's clock.</param>
/// <param name="ExpiresAt">UTC, by the holder's clock; moved on while the holder lives.</param>
public sealed record LeaseRecord(
    string Holder,
    LeasePurpose Purpose,
    LeaseProcess Process,
    DateTimeOffset AcquiredAt,
    DateTimeOffset ExpiresAt)
{
    /// <summary>Whether the lease still counts: not expired, and not of a process known to be dead.</summary>
    public bool IsLive(DateTimeOffset now) => now < ExpiresAt && !Process.IsKnownDead();

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Purpose} on {Process.Host} (process {Process.Id}) since {AcquiredAt:u}, valid until {ExpiresAt:u}";
}
