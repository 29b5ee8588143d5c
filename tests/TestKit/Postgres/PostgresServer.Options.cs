using Highwater.Engine.Postgres;

namespace Highwater.TestKit.Postgres;

public sealed partial class PostgresServer
{
    /// <summary>What the superuser would set in POSTGRES_HOST and so on.</summary>
    public PostgresOptions Connection => ConnectionFor(Superuser, SuperuserPassword);

    /// <summary>The same for another role.</summary>
    public PostgresOptions ConnectionFor(string user, string? password) => new(Host, Port, "postgres", user, password);
}
