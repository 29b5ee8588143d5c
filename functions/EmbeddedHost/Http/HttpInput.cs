using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.Http;

/// <summary>What a caller sent with a request: values of the query, and JSON in the body.</summary>
internal static class HttpInput
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    /// <exception cref="BadHttpRequestException">There is a value, and it is neither true nor false.</exception>
    public static bool Flag(this HttpRequest request, string name, bool missing = false) =>
        request.Text(name) is not { } text ? missing
        : bool.TryParse(text, out var flag) ? flag
        : throw Bad(name, text, "true or false");

    /// <exception cref="BadHttpRequestException">There is a value, and it is no number from 1 on.</exception>
    public static int? Count(this HttpRequest request, string name) =>
        request.Text(name) is not { } text ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0 ? count
        : throw Bad(name, text, "a whole number from 1 on");

    /// <exception cref="BadHttpRequestException">There is a value, and it is no time.</exception>
    public static DateTimeOffset? Time(this HttpRequest request, string name) =>
        request.Text(name) is not { } text ? null
        : DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
        : throw Bad(name, text, "a time such as 2026-11-22T02:00:00Z");

    /// <summary>A number of seconds; more than a day counts as a day.</summary>
    /// <exception cref="BadHttpRequestException">There is a value, and it is no number from 0 on.</exception>
    public static TimeSpan? Seconds(this HttpRequest request, string name)
    {
        if (request.Text(name) is not { } text)
        {
            return null;
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds >= 0
            ? TimeSpan.FromSeconds(Math.Min(seconds, LongestWait.TotalSeconds))
            : throw Bad(name, text, "a number of seconds");
    }

    /// <summary>Names with commas between, or the parameter several times; null when there is none.</summary>
    /// <exception cref="BadHttpRequestException">One is no status.</exception>
    public static List<OrchestrationRuntimeStatus>? Statuses(this HttpRequest request, string name)
    {
        var names = request.Query[name].SelectMany(value => (value ?? "").Split(
            ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).ToList();
        return names.Count == 0 ? null : names.ConvertAll(text =>
            Enum.TryParse<OrchestrationRuntimeStatus>(text, ignoreCase: true, out var status)
                && Enum.IsDefined(status)
                ? status
                : throw Bad(name, text, "one of " + string.Join(", ", Enum.GetNames<OrchestrationRuntimeStatus>())));
    }

    public static string? Text(this HttpRequest request, string name) =>
        request.Query[name].FirstOrDefault() is { Length: > 0 } text ? text : null;

    /// <summary>The body as JSON; null when there is none.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    public static async Task<JsonElement?> JsonAsync(this HttpRequest request, CancellationToken cancellation)
    {
        using var reader = new StreamReader(request.Body);
        var body = await reader.ReadToEndAsync(cancellation);
        if (string.IsNullOrWhiteSpace(body))
        {
            return null;
        }

        var json = JsonSerializer.Deserialize<JsonElement>(body);
        try
        {
            // Half a surrogate pair is JSON by its grammar, and no text that could be stored.
            _ = JsonSerializer.Serialize(json);
            return json;
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            throw new JsonException("A string in the body is not Unicode text.", e);
        }
    }

    private static BadHttpRequestException Bad(string name, string text, string wanted) =>
        new($"The parameter '{name}' is '{text}'; it has to be {wanted}.");
}
