using System.Globalization;
using Highwater.EmbeddedHost.State;

namespace Highwater.EmbeddedHost;

/// <summary>A state file that was found damaged and set aside, so that a new one could be begun.</summary>
/// <param name="Path">Where it is now.</param>
/// <param name="At">When it was set aside.</param>
public sealed record DamagedState(string Path, DateTimeOffset At)
{
    /// <summary>The newest in a state directory; null when there is none, or no directory.</summary>
    public static DamagedState? Find(string stateDirectory)
    {
        if (!Directory.Exists(stateDirectory))
        {
            return null;
        }

        return Directory.EnumerateFiles(stateDirectory, StateFiles.Name + StateFiles.DamagedMark + "*")
            .Select(path => new DamagedState(path, TimeIn(path)))
            .OrderByDescending(state => state.At).ThenBy(state => state.Path, StringComparer.Ordinal)
            .FirstOrDefault();
    }

    private static DateTimeOffset TimeIn(string path)
    {
        var at = path.LastIndexOf(StateFiles.DamagedMark, StringComparison.Ordinal) + StateFiles.DamagedMark.Length;
        return DateTimeOffset.TryParseExact(
            path.AsSpan(at, Math.Min(StateFiles.StampLength, path.Length - at)),
            StateFiles.StampFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : DateTimeOffset.MinValue;
    }
}
