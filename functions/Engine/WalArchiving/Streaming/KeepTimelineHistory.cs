using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;

namespace Highwater.Engine.WalArchiving.Streaming;

/// <summary>Sees to it that a repository has the history of the timeline the server writes on, and of those it descends
/// from, and no other: a number of a timeline says little, because two standbys that are promoted take the same
/// (findNewestTimeLine in access/transam/timeline.c knows only of what it finds).</summary>
internal sealed class KeepTimelineHistory(PostgresOptions server)
{
    /// <returns>The history of the server's timeline.</returns>
    /// <exception cref="HighwaterException">2xx; any storage error; <see cref="ErrorCodes.WalConflict"/>: the
    /// repository has another history of one of these timelines.</exception>
    public async Task<TimelineHistory> RunAsync(
        WalArchive archive, ServerPosition position, CancellationToken cancellationToken)
    {
        if (position.Timeline == 1)
            return TimelineHistory.WithoutFile(1);
        await KeepAsync(archive, position.Timeline, position.ServerMajor, cancellationToken);
        var history = await archive.ReadHistoryAsync(position.Timeline, cancellationToken);
        foreach (var ancestor in history.Forks.Select(fork => fork.Parent).Where(timeline => timeline > 1))
        {
            // One that agrees need not be fetched again each time.
            if (!await AgreesAsync(archive, ancestor, history, cancellationToken))
                await KeepAsync(archive, ancestor, position.ServerMajor, cancellationToken);
        }

        return history;
    }

    private static async Task<bool> AgreesAsync(
        WalArchive archive, uint ancestor, TimelineHistory history, CancellationToken cancellationToken) =>
        await archive.StatAsync(WalFileName.HistoryOf(ancestor), cancellationToken) is { IsThere: true }
        && (await archive.ReadHistoryAsync(ancestor, cancellationToken)).Forks
            .Select(fork => fork.SwitchPoint < history.LeftAt(ancestor)
                ? fork
                : fork with { SwitchPoint = history.LeftAt(ancestor)!.Value })
            .SequenceEqual(history.Forks.TakeWhile(fork => fork.Parent < ancestor));

    private async Task KeepAsync(
        WalArchive archive, uint timeline, int serverMajor, CancellationToken cancellationToken)
    {
        var bytes = await new ReadTimelineHistory(server).RunAsync(timeline, serverMajor, cancellationToken);
        using var content = new MemoryStream(bytes);
        await archive.PutAsync(WalFileName.HistoryOf(timeline), content, cancellationToken);
    }
}
