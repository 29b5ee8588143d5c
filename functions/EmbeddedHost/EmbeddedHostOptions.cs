using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Highwater.EmbeddedHost;

/// <summary>What one embedded host serves, and where it keeps its state.</summary>
public sealed record EmbeddedHostOptions
{
    /// <summary>The directory of history, timers and the lock. One process at a time works on it.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>Addresses to serve HTTP on, for instance <c>http://127.0.0.1:7071</c>; none when empty.</summary>
    public IReadOnlyList<string> Urls { get; init; } = [];

    /// <summary>Whether timer functions run.</summary>
    public bool Timers { get; init; }

    /// <summary>
    /// What callers prove themselves with (header <c>x-functions-key</c> or query <c>code</c>). Without one every
    /// caller is trusted and only loopback addresses are served.
    /// </summary>
    public string? Key { get; init; }

    /// <summary>What the routes of the app's HTTP functions begin with; nothing when empty.</summary>
    public string RoutePrefix { get; init; } = "api";

    /// <summary>What the hub is called in links to instances. One state directory is one hub.</summary>
    public string TaskHub { get; init; } = "DurableFunctionsHub";

    /// <summary>Activities that run at the same time, over all orchestrations.</summary>
    public int MaxConcurrentActivities { get; init; } = 16;

    /// <summary>
    /// How long a stop waits for cancelled activities and open requests. What takes longer is left alone, and its
    /// result no longer counts; the activities run again at the next start.
    /// </summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an orchestration is remembered after its end.</summary>
    public TimeSpan HistoryRetention { get; init; } = TimeSpan.FromDays(30);

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>
    /// Timers and HTTP, as the settings say: HIGHWATER_STATE_PATH, HIGHWATER_HISTORY_DAYS, HIGHWATER_KEY and urls (or
    /// --urls), and the route prefix and the name of the hub from <c>host.json</c>.
    /// </summary>
    public static EmbeddedHostOptions FromConfiguration(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var urls = configuration["urls"] is { Length: > 0 } given ? given : "http://127.0.0.1:7071";
        var hostJson = HostJson.Read(configuration);
        return new EmbeddedHostOptions
        {
            StateDirectory = configuration["HIGHWATER_STATE_PATH"] is { Length: > 0 } path ? path : ".highwater",
            Urls = urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            Timers = true,
            HistoryRetention = TimeSpan.FromDays(HistoryDays(configuration["HIGHWATER_HISTORY_DAYS"])),
            Key = configuration["HIGHWATER_KEY"] is { Length: > 0 } key ? key : null,
            RoutePrefix = hostJson["extensions:http:routePrefix"]?.Trim('/') ?? "api",
            TaskHub = hostJson["extensions:durableTask:hubName"] ?? "DurableFunctionsHub",
        };
    }

    private static int HistoryDays(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return 30;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var days)
            && days is > 0 and < 36_500
            ? days
            : throw new FormatException(
                $"HIGHWATER_HISTORY_DAYS: '{text}' is not a whole number from 1 to 36499. Example: "
                + "HIGHWATER_HISTORY_DAYS=30");
    }
}
