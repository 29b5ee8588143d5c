using System.Text.Json;
using Highwater.EmbeddedHost.Hosting;

namespace Highwater.EmbeddedHost;

/// <summary>The process that works on a state directory.</summary>
/// <param name="ProcessId">Its process id.</param>
/// <param name="Url">Where it serves HTTP; null when it does not (yet).</param>
public sealed record RunningHost(int ProcessId, string? Url)
{
    /// <summary>Who works on the directory now; null when nobody does. A process that died is nobody.</summary>
    public static RunningHost? Find(string stateDirectory)
    {
        ArgumentException.ThrowIfNullOrEmpty(stateDirectory);
        return StateDirectoryLock.IsHeld(stateDirectory) ? Read(stateDirectory) : null;
    }

    internal static RunningHost? Read(string stateDirectory)
    {
        try
        {
            return JsonSerializer.Deserialize<RunningHost>(
                File.ReadAllText(StateDirectoryLock.HolderPath(stateDirectory)));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            // Between taking the lock and writing who took it there is a moment without an answer.
            return null;
        }
    }
}
