using System.ComponentModel;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;

namespace Highwater.Engine.Restore.Prefetch;

/// <summary>
/// One call of <c>restore_command</c>: what was fetched ahead if there is anything, else the repositories; and the next
/// segments are fetched ahead from there on. Repeatable.
/// </summary>
/// <param name="fetch">Asks the repositories.</param>
/// <param name="folder">What was fetched ahead; null if nothing is to be.</param>
/// <param name="startPrefetch">Starts the process that fetches ahead, without waiting for it.</param>
public sealed class AnswerRestoreCommand(FetchWal fetch, PrefetchFolder? folder, Action startPrefetch)
{
    /// <summary>Puts the file at the destination; see <see cref="FetchWal.RunAsync"/>.</summary>
    /// <exception cref="HighwaterException">As <see cref="FetchWal.RunAsync"/>. Whatever is wrong with fetching ahead
    /// only stands in the answer.</exception>
    public async Task<WalGetAnswer> RunAsync(string name, string destination, CancellationToken cancellationToken)
    {
        if (folder is null)
            return new WalGetAnswer(name, await fetch.RunAsync(name, destination, cancellationToken));
        var isSegment = WalSegmentName.TryParse(name, out var segment);
        if (isSegment && TryTake(segment, destination))
            return new WalGetAnswer(name, WalGetOutcome.Found, Try(() => FetchAhead(segment, destination)));
        var outcome = await fetch.RunAsync(name, destination, cancellationToken);
        return new WalGetAnswer(name, outcome, outcome switch
        {
            WalGetOutcome.Absent => Try(ClearUp),
            _ => Try(isSegment ? () => FetchAhead(segment, destination) : ClearUp),
        });
    }

    /// <summary>The folder may be in any state: the repositories have it all.</summary>
    private bool TryTake(WalSegmentName segment, string destination)
    {
        try
        {
            return folder!.TryTake(segment, destination);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Says where recovery is, and sees that somebody fetches from there.</summary>
    private void FetchAhead(WalSegmentName segment, string destination)
    {
        var size = new WalSegmentSize(new FileInfo(destination).Length);
        folder!.Ask(new PrefetchRequest(segment.Next(size), size));
        if (!folder.IsHeld())
            startPrefetch();
    }

    /// <summary>
    /// Recovery may end here. It always asks for something that is not there before it does, if only the history of
    /// the timeline it is about to choose (findNewestTimeLine in access/transam/timeline.c); so what a process left
    /// that was killed does not stay for ever. Nor is it taken by a recovery towards another timeline, for which it may
    /// lie beyond a fork: that asks for its timeline's history before any segment.
    /// </summary>
    private void ClearUp()
    {
        using var held = folder!.TryHold();
        if (held is not null)
            folder.Clear();
    }

    /// <returns>What was wrong; null if nothing was.</returns>
    private static string? Try(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or Win32Exception)
        {
            return e.Message;
        }
    }
}
