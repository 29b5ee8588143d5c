using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.WalArchiving;
using Highwater.Engine.WalArchiving.Streaming;

namespace Highwater.Engine.Diagnostics;

/// <summary>Reads how repositories, spool and server are, and compares them with each other.</summary>
/// <param name="clock">What time it is.</param>
/// <param name="source">How WAL comes from the server.</param>
/// <param name="stream">How it is streamed, where it is.</param>
public sealed class ReadStatus(
    TimeProvider clock, WalSource source = WalSource.Archive, WalStreamOptions? stream = null)
{
    /// <summary>
    /// Reads. Changes nothing. What is out of reach is in the report and is no exception.
    /// </summary>
    /// <param name="repositories">In the order of the settings; the first is what the others are compared with.</param>
    /// <param name="spoolPath">Where archive_command leaves segments.</param>
    /// <param name="server">The server to ask, or null to leave it alone.</param>
    /// <param name="pace">How often things are to happen.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<StatusReport> RunAsync(
        IReadOnlyList<RepositorySource> repositories,
        string spoolPath,
        PostgresOptions? server,
        StatusPace pace,
        CancellationToken cancellationToken) =>
        (await ReadAsync(repositories, spoolPath, server, pace, cancellationToken)).Report;

    internal async Task<StatusReading> ReadAsync(
        IReadOnlyList<RepositorySource> repositories,
        string spoolPath,
        PostgresOptions? server,
        StatusPace pace,
        CancellationToken cancellationToken)
    {
        // One that does not answer must not delay what the others say.
        var readings = await Task.WhenAll(repositories.Select(source => ReadAsync(source, cancellationToken)));
        var inventories = readings.Select(reading => reading.Inventory).OfType<RepositoryInventory>().ToList();
        var asked = server is null
            ? null
            : await ReadServerAsync(server, inventories, spoolPath, cancellationToken);
        var now = clock.GetUtcNow();
        var first = readings.Length == 0 ? null : readings[0].Inventory;
        var statuses = await Task.WhenAll(readings.Zip(repositories, (reading, source) =>
            DescribeAsync(reading, source, first, inventories, asked, pace, now, cancellationToken)));
        var spool = source == WalSource.Stream ? SpoolReader.ReadUnused(spoolPath) : SpoolReader.Read(spoolPath, now);
        return new StatusReading(
            new StatusReport(now, statuses, spool, asked, StatusJudge.Judge(statuses, spool, asked, pace, now)),
            [.. readings.Zip(statuses, (reading, status) => status.Reachable ? reading.Inventory : null)]);
    }

    private async Task<ServerStatus> ReadServerAsync(
        PostgresOptions server,
        IReadOnlyList<RepositoryInventory> inventories,
        string spoolPath,
        CancellationToken cancellationToken)
    {
        var status = await ServerReader.ReadAsync(server, inventories, spoolPath, cancellationToken);
        if (source == WalSource.Archive || status.Fault is not null)
            return status;
        var options = stream ?? WalStreamOptions.Default;
        try
        {
            var slot = await new ReadReplicationSlot(server).RunAsync(options.Slot, cancellationToken);
            return status with
            {
                MustArchive = source != WalSource.Stream,
                Stream = new StreamStatus(options.Slot, slot, options.LagWarnBytes, options.LagLimitBytes),
            };
        }
        catch (HighwaterException e)
        {
            return status with { Fault = StatusFault.Of(e) };
        }
    }

    private static async Task<(RepositoryInventory? Inventory, HighwaterException? Error)> ReadAsync(
        RepositorySource source, CancellationToken cancellationToken)
    {
        try
        {
            var repository = await source.OpenAsync(cancellationToken);
            return (await RepositoryInventory.ReadAsync(repository, cancellationToken), null);
        }
        catch (HighwaterException e)
        {
            return (null, e);
        }
    }

    private static async Task<RepositoryStatus> DescribeAsync(
        (RepositoryInventory? Inventory, HighwaterException? Error) reading,
        RepositorySource source,
        RepositoryInventory? first,
        IReadOnlyList<RepositoryInventory> all,
        ServerStatus? server,
        StatusPace pace,
        DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        if (reading.Inventory is not { } inventory)
            return RepositoryStatus.Unread(source, StatusFault.Of(reading.Error!));
        try
        {
            if (server?.SystemIdentifier is { } cluster)
                inventory.Repository.EnsureBelongsTo(cluster);
        }
        catch (HighwaterException e)
        {
            return RepositoryStatus.Unread(source, StatusFault.Of(e));
        }

        var behind = first is null || ReferenceEquals(first, inventory) ? null : inventory.BehindOf(first, now);
        var status = inventory.Describe(behind, [.. all.Where(other => other != inventory)], pace.BaseBackups, now);
        try
        {
            return status with { Window = await ReadWindow.RunAsync(inventory, cancellationToken) };
        }
        catch (HighwaterException e)
        {
            return status with { WindowFault = StatusFault.Of(e) };
        }
    }
}
