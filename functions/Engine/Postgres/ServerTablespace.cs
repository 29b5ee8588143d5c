namespace Highwater.Engine.Postgres;

/// <summary>A tablespace other than pg_default and pg_global.</summary>
/// <param name="Oid">Of pg_tablespace; also the name of its link in pg_tblspc.</param>
/// <param name="Location">Absolute path on the server.</param>
public sealed record ServerTablespace(uint Oid, string Location);
