using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.WalArchiving;

namespace Highwater.Engine.Diagnostics;

/// <summary>Asks the server about its WAL and looks for it where it should be.</summary>
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

        var spooled = ListSpool(spoolPath);
        var places = await FindAsync(facts.Archiver.LastArchivedWal, spooled, repositories, cancellationToken);
        var arrived = repositories.Count == 0
            ? null
            : NewestArrived(facts, spooled.Concat(repositories[0].Wal.Values.Select(file => file.Name)));
        return new ServerStatus(
            null,
            facts.SystemIdentifier,
            facts.CurrentLsn,
            facts.ArchiveMode,
            facts.Archiver,
            places,
            CountAfter(facts, Position(facts.Archiver.LastArchivedWal)))
        {
            InRecovery = facts.InRecovery,
            CurrentSegment = Current(facts),
            NewestArrived = arrived,
            NotArrived = CountAfter(facts, arrived),
            ArchiveTimeout = facts.ArchiveTimeout,
        };
    }

    // The repositories were listed before the server was asked: what it archived since is looked for by its name, in
    // the spool first, because it leaves that only for the repository.
    private static async Task<List<string>> FindAsync(
        string? last,
        IReadOnlyList<WalFileName> spooled,
        IReadOnlyList<RepositoryInventory> repositories,
        CancellationToken cancellationToken)
    {
        if (last is null)
            return [];
        var places = repositories.Where(repository => repository.Wal.ContainsKey(last))
            .Select(repository => repository.Repository.Name).ToList();
        if (spooled.Any(file => file.Name == last))
            places.Add(StatusJudge.Spool);
        if (places.Count > 0 || repositories.Count == 0 || !WalFileName.TryParse(last, out var name))
            return places;
        var first = repositories[0].Repository;
        try
        {
            return await new WalArchive(first).StatAsync(name, cancellationToken) is { IsThere: true }
                ? [first.Name]
                : [];
        }
        catch (HighwaterException)
        {
            return places; // It answered a moment ago; whoever reads it next says what is wrong now.
        }
    }

    private static IReadOnlyList<WalFileName> ListSpool(string path)
    {
        try
        {
            return new WalSpool(path).List();
        }
        catch (HighwaterException)
        {
            return []; // SpoolReader says what is wrong with it.
        }
    }

    /// <summary>The newest segment of the server's timeline, or while there is none, of those before it. A lost server
    /// may have gone on on an old timeline: what it wrote beyond the present is no sign of life of this one.</summary>
    private static WalSegmentName? NewestArrived(ServerFacts facts, IEnumerable<WalFileName> files) => files
        .Where(file => file.Kind is WalFileKind.Segment or WalFileKind.PartialSegment)
        .Select(file => file.Segment)
        .Where(segment => segment.Timeline <= facts.Timeline && Number(segment, facts) <= Number(Current(facts), facts))
        .OrderBy(segment => segment.Timeline).ThenBy(segment => Number(segment, facts))
        .Select(segment => (WalSegmentName?)segment).LastOrDefault();

    private static WalSegmentName? Position(string? file) =>
        WalFileName.TryParse(file, out var name) && name.Kind != WalFileKind.TimelineHistory ? name.Segment : null;

    // Finished segments between one that has come on and the one that is being written.
    private static long? CountAfter(ServerFacts facts, WalSegmentName? last) => last is not { } segment
        ? null
        : Math.Max(0, (long)Number(Current(facts), facts) - (long)Number(segment, facts) - 1);

    private static WalSegmentName Current(ServerFacts facts) =>
        WalSegmentName.Containing(facts.Timeline, facts.CurrentLsn, facts.WalSegmentSize);

    private static ulong Number(WalSegmentName segment, ServerFacts facts) => segment.Number(facts.WalSegmentSize);
}
