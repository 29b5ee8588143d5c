using System.Text;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;

namespace Highwater.Engine.WalArchiving;

/// <summary>Says of WAL segments that did not arrive how far they came, and what to do about it.</summary>
internal sealed class WalWhereabouts(PostgresOptions server, WalOptions options)
{
    private readonly WalSpool _spool = new(options.SpoolPath);

    private const int MostNamed = 8;

    /// <param name="awaitedFor">Why the segments are awaited: the end of a sentence about them.</param>
    /// <param name="missing">Those that did not arrive.</param>
    /// <param name="local">The repository that the spool is emptied into.</param>
    /// <param name="awaited">The repository they did not arrive in.</param>
    /// <param name="waited">How long they were waited for.</param>
    /// <param name="trouble">What the last attempt to bring them failed with, or null.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public async Task<TransientException> ExplainAsync(
        string awaitedFor,
        IReadOnlyList<WalSegmentName> missing,
        BackupRepository local,
        BackupRepository awaited,
        TimeSpan waited,
        HighwaterException? trouble,
        CancellationToken cancellationToken)
    {
        var (facts, serverSays) = await AskServerAsync(cancellationToken);
        var text = new StringBuilder(
            $"After {waited.TotalSeconds:0} s the repository '{awaited.Name}' still lacks {missing.Count} of the "
            + $"WAL segments that {awaitedFor}:");
        var remedies = new List<string>();
        foreach (var segment in missing.Take(MostNamed))
        {
            var (place, remedy) = await FindAsync(segment, local, awaited, facts, cancellationToken);
            text.Append($" {segment} {place};");
            if (!remedies.Contains(remedy))
                remedies.Add(remedy);
        }

        if (missing.Count > MostNamed)
            text.Append($" and {missing.Count - MostNamed} more up to {missing[^1]};");
        text.Append(' ').Append(serverSays);
        if (trouble is not null)
        {
            text.Append($" The last attempt failed: {trouble.Code}: {trouble.WhatHappened}");
            remedies.Insert(0, trouble.Remedy);
        }

        remedies.Add("'highwater wal-sync' then brings the segments at once");
        return new TransientException(ErrorCodes.WalAwaited, text.ToString(), string.Join("; ", remedies), trouble);
    }

    private async Task<(string Place, string Remedy)> FindAsync(
        WalSegmentName segment,
        BackupRepository local,
        BackupRepository awaited,
        ServerFacts? facts,
        CancellationToken cancellationToken)
    {
        var name = WalFileName.Of(segment);
        if (File.Exists(_spool.PathOf(name)))
            return ("is in the spool", "see what keeps it there: 'highwater wal-sync'");
        if (_spool.MovedAside(name) is { } path)
            return ($"was moved aside to {path}", "'highwater wal-sync' printed why, and the log has it (event 502)");
        if (awaited != local && await IsInAsync(local, name, cancellationToken))
            return ($"is in the repository '{local.Name}' only", $"see that {awaited.Storage.Address} is reachable");
        if (options.Source == WalSource.Stream)
            return (
                "was not streamed",
                "see in the log of 'highwater serve' what holds up streaming (events 531 to 540); if the segment is "
                + "not finished, close it on the server: SELECT pg_switch_wal()");
        if (facts?.Archiver is { IsFailing: true })
            return (
                "was not archived",
                "read in the server's log why archive_command fails (SELECT * FROM pg_stat_archiver); archive-wal "
                + "prints the reason");
        if (facts is { InRecovery: true })
            return ("was not archived by this standby", "close it on the primary: SELECT pg_switch_wal();");
        return string.CompareOrdinal(facts?.Archiver.LastArchivedWal, segment.ToString()) >= 0
            ? ("was archived elsewhere",
                $"let archive_command and this program use one spool: WAL_SPOOL_PATH is "
                + $"{Path.GetDirectoryName(_spool.PathOf(name))} here")
            : ("was not archived yet",
                "close it on the server: SELECT pg_switch_wal(); and grant that right to this user: "
                + $"GRANT EXECUTE ON FUNCTION pg_switch_wal() TO {PostgresErrors.Quote(server.User)}");
    }

    private static async Task<bool> IsInAsync(
        BackupRepository local, WalFileName name, CancellationToken cancellationToken)
    {
        try
        {
            return await new WalArchive(local).StatAsync(name, cancellationToken) is { IsThere: true };
        }
        catch (HighwaterException)
        {
            return false; // Its trouble is what the last attempt failed with, and that is told anyway.
        }
    }

    private async Task<(ServerFacts? Facts, string Says)> AskServerAsync(CancellationToken cancellationToken)
    {
        try
        {
            var facts = await new ReadServerFacts(server).RunAsync(cancellationToken);
            var archiver = facts.Archiver;
            var last = archiver.LastArchivedWal is { } wal
                ? $"pg_stat_archiver: last archived {wal} at {archiver.LastArchivedAt:u}"
                : "pg_stat_archiver: nothing archived yet";
            return archiver.IsFailing
                ? (facts, $"{last}, failing on {archiver.LastFailedWal} since, last at {archiver.LastFailedAt:u}.")
                : (facts, last + ".");
        }
        catch (HighwaterException e)
        {
            return (null, $"The server could not be asked: {e.WhatHappened}");
        }
    }
}
