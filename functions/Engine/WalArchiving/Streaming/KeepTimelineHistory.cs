using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;

namespace Highwater.Engine.WalArchiving.Streaming;

/// <summary>Sees to it that a repository has the history of the timeline the server writes on, and of those it descends
/// from.</summary>
internal sealed class KeepTimelineHistory(PostgresOptions server)
{
    /// <returns>The history of the server's timeline.</returns>
    /// <exception cref="HighwaterException">2xx; any storage error; <see cref="ErrorCodes.WalConflict"/>: the
    /// repository has another history of that timeline.</exception>
    public async Task<TimelineHistory> RunAsync(
        WalArchive archive, ServerPosition position, CancellationToken cancellationToken)
    {
        if (position.Timeline == 1)
            return TimelineHistory.WithoutFile(1);
        await KeepAsync(archive, position.Timeline, position.ServerMajor, cancellationToken);
        var history = await archive.ReadHistoryAsync(position.Timeline, cancellationToken);
        foreach (var ancestor in history.Forks.Select(fork => fork.Parent).Where(timeline => timeline > 1))
            await KeepAsync(archive, ancestor, position.ServerMajor, cancellationToken);
        return history;
    }

    private async Task KeepAsync(
        WalArchive archive, uint timeline, int serverMajor, CancellationToken cancellationToken)
    {
        var name = WalFileName.HistoryOf(timeline);
        if (await archive.StatAsync(name, cancellationToken) is { StoredBytes: > 0 })
            return;
        var bytes = await new ReadTimelineHistory(server).RunAsync(timeline, serverMajor, cancellationToken);
        using var content = new MemoryStream(bytes);
        await archive.PutAsync(name, content, cancellationToken);
    }
}
