using System.Text.Json.Nodes;

namespace Highwater.FunctionApp.Tests.Histories;

internal static class JsonKept
{
    /// <summary>Whether everything the old value says is said by the new one too. It may say more.</summary>
    public static bool In(JsonNode? now, JsonNode? then) => (now, then) switch
    {
        (_, null) => true,
        (JsonObject newer, JsonObject older) => older.All(property => In(newer[property.Key], property.Value)),
        (JsonArray newer, JsonArray older) => newer.Count == older.Count
            && newer.Zip(older).All(pair => In(pair.First, pair.Second)),
        _ => JsonNode.DeepEquals(now, then),
    };
}
