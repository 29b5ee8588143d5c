namespace Highwater.Engine.Postgres;

/// <summary>Where the cluster is and who asks. The password is never printed.</summary>
/// <param name="Host">Name, address, or the folder of a Unix socket.</param>
/// <param name="Port">TCP port.</param>
/// <param name="Database">Any database the user may connect to.</param>
/// <param name="User">Needs REPLICATION and pg_read_all_settings.</param>
/// <param name="Password">Null where pg_hba.conf asks for none.</param>
public sealed record PostgresOptions(string Host, int Port, string Database, string User, string? Password)
{
    /// <summary>Who and where, without the password.</summary>
    public override string ToString() => $"{User}@{Host}:{Port}/{Database}";
}
