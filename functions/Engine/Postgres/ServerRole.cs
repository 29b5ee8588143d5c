namespace Highwater.Engine.Postgres;

/// <summary>What the user we log in as may do. A superuser may do everything.</summary>
/// <param name="MayReplicate">REPLICATION: may take base backups.</param>
/// <param name="MayReadAllSettings">Member of pg_read_all_settings: data_directory and other guarded settings.</param>
/// <param name="MaySwitchWal">EXECUTE on pg_switch_wal(), which PUBLIC does not have
/// (catalog/system_functions.sql).</param>
public sealed record ServerRole(bool MayReplicate, bool MayReadAllSettings, bool MaySwitchWal);
