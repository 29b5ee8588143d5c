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

    public static HttpError From(Exception e) => new("Something went wrong while processing your request")
    {
        ExceptionMessage = e.Message,
        ExceptionType = e.GetType().FullName,
    };
}
