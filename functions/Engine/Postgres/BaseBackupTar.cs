namespace Highwater.Engine.Postgres;

/// <summary>
/// One tar of a base backup. That of the data directory comes first and ends with the member <c>backup_manifest</c> if
/// nothing was staged; see <see cref="BaseBackupProcess.ManifestPath"/>.
/// </summary>
/// <param name="Tablespace">Whose files these are, with paths relative to its directory; null: the data
/// directory.</param>
/// <param name="Content">
/// Forward only. Its end is reached only if all went well: where pg_basebackup failed, reading throws the named error
/// instead, so that a cut-off tar is never taken for a whole one. Belongs to the process; need not be disposed.
/// </param>
public sealed record BaseBackupTar(ServerTablespace? Tablespace, Stream Content);
