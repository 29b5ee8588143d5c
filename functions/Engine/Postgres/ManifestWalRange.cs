using System.Text.Json.Serialization;

namespace Highwater.Engine.Postgres;

/// <summary>WAL that is needed to make a base backup consistent (documentation, "Backup Manifest Format").</summary>
/// <param name="Timeline">Of this range.</param>
/// <param name="Start">The redo point on the first timeline.</param>
/// <param name="End">The earliest position at which the base backup is consistent; the first byte not needed.</param>
public sealed record ManifestWalRange(
    [property: JsonPropertyName("Timeline"), JsonRequired] uint Timeline,
    [property: JsonPropertyName("Start-LSN"), JsonRequired] Lsn Start,
    [property: JsonPropertyName("End-LSN"), JsonRequired] Lsn End);
