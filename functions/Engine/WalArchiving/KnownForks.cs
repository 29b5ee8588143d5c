using System.Text;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;

namespace Highwater.Engine.WalArchiving;

/// <summary>Where timelines were left, by all histories that have come by now: to the repository or to the
/// spool.</summary>
internal sealed class KnownForks(WalArchive archive, WalSpool spool)
{
    /// <summary>By the timeline that was left; one may have been left more than once.</summary>
    /// <exception cref="HighwaterException">Any storage error; <see cref="ErrorCodes.SpoolUnusable"/>.</exception>
    public async Task<ILookup<uint, Lsn>> ReadAsync(CancellationToken cancellationToken)
    {
        // The spool first: what moves on meanwhile is then seen in one of the two.
        var histories = spool.List().Where(file => file.Kind == WalFileKind.TimelineHistory)
            .Select(ReadSpooled).ToList();
        foreach (var file in await archive.ListAsync(cancellationToken))
        {
            if (file.IsThere && file.Name.Kind == WalFileKind.TimelineHistory)
                histories.Add(await ReadStoredAsync(file.Name.Segment.Timeline, cancellationToken));
        }

        return histories.OfType<TimelineHistory>().SelectMany(history => history.Forks).Distinct()
            .ToLookup(fork => fork.Parent, fork => fork.SwitchPoint);
    }

    private TimelineHistory? ReadSpooled(WalFileName file)
    {
        try
        {
            return TimelineHistory.Parse(
                file.Segment.Timeline, File.ReadAllText(spool.PathOf(file), Encoding.UTF8));
        }
        catch (Exception e) when (e is FormatException or FileNotFoundException)
        {
            return null; // It is moved aside in its turn, or is in the repository by now.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw spool.Unusable($"{file} cannot be read: {e.Message}", e);
        }
    }

    private async Task<TimelineHistory?> ReadStoredAsync(uint timeline, CancellationToken cancellationToken)
    {
        try
        {
            return await archive.ReadHistoryAsync(timeline, cancellationToken);
        }
        catch (HighwaterException e) when (e.Code == ErrorCodes.WalAbsent || e.Code == ErrorCodes.RepositoryDamaged)
        {
            return null; // A damaged one is for verify to find.
        }
    }
}
