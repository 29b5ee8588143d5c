using System.Text.Json.Serialization;

namespace Highwater.EmbeddedHost.Http;

/// <summary>
/// The body of an error answer; its names are capitalised, unlike all others of the Durable HTTP API.
/// </summary>
internal sealed record HttpError([property: JsonPropertyName("Message")] string Message)
{
    [JsonPropertyName("ExceptionMessage")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ExceptionMessage { get; init; }

    [JsonPropertyName("ExceptionType")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ExceptionType { get; init; }

    [JsonPropertyName("StackTrace")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? StackTrace { get; init; }

    /// <summary>
    /// For an exception that speaks of the request. One that came from within is logged, and not told to callers.
    /// </summary>
    public static HttpError From(string message, Exception e) => new(message)
    {
        ExceptionMessage = e.Message,
        ExceptionType = e.GetType().FullName,
        StackTrace = e.StackTrace,
    };
}
