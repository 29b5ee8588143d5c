using Highwater.Engine.Postgres;

namespace Highwater.Engine.Diagnostics;

/// <summary>Reads how repositories, spool and server are, and compares them with each other.</summary>
public sealed class ReadStatus(TimeProvider clock)
{
    /// <summary>
    /// Reads. Changes nothing. What is out of reach is in the report and is no exception.
    /// </summary>
    /// <param name="repositories">In the order of the settings; the first is what the others are compared with.</param>
    /// <param name="spoolPath">Where archive_command leaves segments.</param>
    /// <param name="server">The server to ask, or null to leave it alone.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public Task<StatusReport> RunAsync(
        IReadOnlyList<RepositorySource> repositories,
        string spoolPath,
        PostgresOptions? server,
        CancellationToken cancellationToken) =>
        throw new NotSupportedException($"{clock} {repositories} {spoolPath} {server} {cancellationToken}");
}
