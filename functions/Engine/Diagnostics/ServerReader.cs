using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;

namespace Highwater.Engine.Diagnostics;

/// <summary>Asks the server about its WAL and looks for the last archived file where it should be.</summary>
internal static class ServerReader
{
    public static async Task<ServerStatus> ReadAsync(
        PostgresOptions server,
        IReadOnlyList<RepositoryInventory> repositories,
        string spoolPath,
        CancellationToken cancellationToken)
    {
        ServerFacts facts;
        try
        {
            facts = await new ReadServerFacts(server).RunAsync(cancellationToken);
        }
        catch (HighwaterException e)
        {
            return new ServerStatus(StatusFault.Of(e), null, null, null, null, [], null);
        }

        var last = facts.Archiver.LastArchivedWal;
        var places = repositories.Where(repository => last is not null && repository.Wal.ContainsKey(last))
            .Select(repository => repository.Repository.Name).ToList();
        if (last is not null && File.Exists(Path.Combine(spoolPath, last)))
            places.Add(StatusJudge.Spool);
        return new ServerStatus(
            null,
            facts.SystemIdentifier,
            facts.CurrentLsn,
            facts.ArchiveMode,
            facts.Archiver,
            places,
            CountWaiting(facts));
    }

    // Finished segments between the last archived one and the one that is being written.
    private static long? CountWaiting(ServerFacts facts)
    {
        if (!WalFileName.TryParse(facts.Archiver.LastArchivedWal, out var last) || last.Kind != WalFileKind.Segment)
            return null;
        var size = facts.WalSegmentSize;
        var current = WalSegmentName.Containing(facts.Timeline, facts.CurrentLsn, size).Number(size);
        return Math.Max(0, (long)current - (long)last.Segment.Number(size) - 1);
    }
}
