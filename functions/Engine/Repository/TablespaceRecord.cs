namespace Highwater.Engine.Repository;

/// <summary>A tablespace outside the data directory. Its files stand in the file list under
/// <c>pg_tblspc/OID/</c>.</summary>
/// <param name="Oid">Of pg_tablespace.</param>
/// <param name="Location">Absolute path on the server.</param>
public sealed record TablespaceRecord(uint Oid, string Location);
