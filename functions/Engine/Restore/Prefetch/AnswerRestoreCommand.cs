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
        if (folder is null || !WalSegmentName.TryParse(name, out var segment))
            return new WalGetAnswer(name, await fetch.RunAsync(name, destination, cancellationToken));
        if (!TryTake(segment, destination)
            && await fetch.RunAsync(name, destination, cancellationToken) is not WalGetOutcome.Found and var outcome)
            return new WalGetAnswer(name, outcome);
        return new WalGetAnswer(name, WalGetOutcome.Found, FetchAhead(segment, destination));
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
    /// <returns>Why nobody does; null if somebody does.</returns>
    private string? FetchAhead(WalSegmentName segment, string destination)
    {
        try
        {
            var size = new WalSegmentSize(new FileInfo(destination).Length);
            folder!.Ask(new PrefetchRequest(segment.Next(size), size));
            if (!folder.IsHeld())
                startPrefetch();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or Win32Exception)
        {
            return e.Message;
        }
    }
}
