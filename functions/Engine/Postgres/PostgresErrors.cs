using System.Net.Sockets;
using System.Text.RegularExpressions;
using Highwater.Engine.Errors;
using Npgsql;

namespace Highwater.Engine.Postgres;

/// <summary>
/// What PostgreSQL and its client library say, as errors an operator can act on. SQLSTATEs: documentation, appendix
/// "PostgreSQL Error Codes". The password is in none of them.
/// </summary>
public static partial class PostgresErrors
{
    /// <summary>Translates what Npgsql threw. Cancellation is not an error and must not come here.</summary>
    public static HighwaterException Translate(Exception error, PostgresOptions server) => error switch
    {
        HighwaterException known => known,
        PostgresException answer => TranslateAnswer(answer, server),
        NpgsqlException { InnerException: null } e
            when e.Message.Contains("password", StringComparison.OrdinalIgnoreCase) =>
            LoginFailed(server, e.Message, e),
        NpgsqlException or SocketException or TimeoutException or IOException =>
            Unreachable(server, (error.InnerException ?? error).Message, error),
        _ => new HighwaterException(
            ErrorCodes.PostgresQueryFailed, $"A query on {server} failed: {error.Message}",
            "look at the PostgreSQL server's log for the same moment.", error),
    };

    public static TransientException Unreachable(PostgresOptions server, string detail, Exception? inner = null) => new(
        ErrorCodes.PostgresUnreachable,
        $"PostgreSQL at {server.Host}:{server.Port} does not answer: {detail}",
        $"start the server, or correct POSTGRES_HOST and POSTGRES_PORT; "
        + $"`pg_isready -h {server.Host} -p {server.Port}` must say 'accepting connections'.",
        inner);

    public static HighwaterException LoginFailed(PostgresOptions server, string detail, Exception? inner = null) => new(
        ErrorCodes.PostgresLoginFailed,
        $"PostgreSQL at {server.Host}:{server.Port} refused the login of user '{server.User}': {detail}",
        $"set POSTGRES_USER and POSTGRES_PASSWORD (or POSTGRES_PASSWORD_FILE) to what the server has, or give the "
        + $"user a new password: ALTER ROLE {Quote(server.User)} PASSWORD '...';",
        inner);

    /// <summary>
    /// No line of pg_hba.conf admits the connection. "all" in the database column does not cover replication
    /// (documentation, "The pg_hba.conf File").
    /// </summary>
    public static HighwaterException NotAdmitted(
        PostgresOptions server, bool replication, string detail, Exception? inner = null)
    {
        var database = replication ? "replication" : server.Database;
        var match = ClientAddress.Match(detail);
        var address = match.Success ? Mask(match.Groups[1].Value) : "samehost";
        var line = server.Host.StartsWith('/')
            ? $"local  {database}  {server.User}  scram-sha-256"
            : $"host  {database}  {server.User}  {address}  scram-sha-256";
        return new HighwaterException(
            ErrorCodes.PostgresLoginFailed,
            $"pg_hba.conf of PostgreSQL at {server.Host}:{server.Port} does not admit "
            + $"{(replication ? "replication connections" : "connections")} of user '{server.User}': {detail}",
            $"add the line `{line}` to the file that `SHOW hba_file;` names, then run SELECT pg_reload_conf();",
            inner);
    }

    public static HighwaterException ReplicationRightMissing(PostgresOptions server, Exception? inner = null) => new(
        ErrorCodes.PostgresRightMissing,
        $"User '{server.User}' lacks the REPLICATION right that a base backup needs.",
        $"ALTER ROLE {Quote(server.User)} REPLICATION;",
        inner);

    public static TransientException Busy(PostgresOptions server, string detail, Exception? inner = null) => new(
        ErrorCodes.WalSendersBusy,
        $"PostgreSQL at {server.Host}:{server.Port} has no connection left: {detail}",
        "wait for other backups and standbys (SELECT * FROM pg_stat_replication;), or raise the limit and restart "
        + "the server: ALTER SYSTEM SET max_wal_senders = 10; (or max_connections, if that is the one named).",
        inner);

    /// <summary>An identifier as SQL wants it, so that every remedy can be pasted.</summary>
    internal static string Quote(string identifier) =>
        PlainIdentifier.IsMatch(identifier)
            ? identifier
            : $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static HighwaterException TranslateAnswer(PostgresException answer, PostgresOptions server)
    {
        var text = answer.MessageText;
        var replication = text.Contains("replication connection", StringComparison.Ordinal);
        return answer.SqlState switch
        {
            PostgresErrorCodes.InvalidAuthorizationSpecification
                when text.Contains("pg_hba.conf", StringComparison.Ordinal) =>
                NotAdmitted(server, replication, text, answer),
            PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
                LoginFailed(server, text, answer),
            PostgresErrorCodes.InvalidCatalogName => new HighwaterException(
                ErrorCodes.PostgresLoginFailed, $"On {server.Host}:{server.Port}: {text}.",
                $"set POSTGRES_DB to a database that exists, for instance POSTGRES_DB=postgres.", answer),
            PostgresErrorCodes.TooManyConnections => Busy(server, text, answer),
            PostgresErrorCodes.InsufficientPrivilege when IsWalSenderRefusal(text) =>
                ReplicationRightMissing(server, answer),
            PostgresErrorCodes.InsufficientPrivilege => new HighwaterException(
                ErrorCodes.PostgresRightMissing, $"User '{server.User}': {text}.",
                $"GRANT pg_read_all_settings TO {Quote(server.User)}; or the right the message names.", answer),
            PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.AdminShutdown
                or PostgresErrorCodes.CrashShutdown => Unreachable(server, text, answer),
            PostgresErrorCodes.QueryCanceled => new TransientException(
                ErrorCodes.PostgresQueryFailed, $"PostgreSQL at {server.Host}:{server.Port} ended a query: {text}",
                "see what the server is busy with: SELECT * FROM pg_stat_activity WHERE state <> 'idle';", answer),
            _ => new HighwaterException(
                ErrorCodes.PostgresQueryFailed,
                $"PostgreSQL at {server.Host}:{server.Port} answered {answer.SqlState}: {text}",
                "look at the PostgreSQL server's log for the same moment.", answer),
        };
    }

    /// <summary>The words of InitPostgres in utils/init/postinit.c: up to 15, and from 16 on.</summary>
    internal static bool IsWalSenderRefusal(string text) =>
        text.Contains("replication role to start walsender", StringComparison.Ordinal)
        || text.Contains("permission denied to start WAL sender", StringComparison.Ordinal);

    private static string Mask(string address) =>
        address + (address.Contains(':', StringComparison.Ordinal) ? "/128" : "/32");

    [GeneratedRegex("host \"([0-9a-fA-F:.]+)\"")]
    private static partial Regex ClientAddress { get; }

    [GeneratedRegex("^[a-z_][a-z0-9_]*\\z")]
    private static partial Regex PlainIdentifier { get; }
}
