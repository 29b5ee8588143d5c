namespace Highwater.EmbeddedHost.Timers;

/// <summary>
/// Finds out whether the time zone that a process was told to use is installed. .NET takes one that it does not find,
/// as in a container without tzdata, for UTC and says nothing, and backups meant for the night run in the day.
/// </summary>
internal static class UnknownZone
{
    /// <param name="zone">The environment variable TZ.</param>
    /// <returns>The name of the zone if it cannot be found; null if it can, or if none was named.</returns>
    public static string? Named(string? zone)
    {
        var name = zone?.Trim().TrimStart(':') ?? "";
        return name.Length == 0 || TimeZoneInfo.TryFindSystemTimeZoneById(name, out _) || File.Exists(name)
            ? null
            : name;
    }
}
