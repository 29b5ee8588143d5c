using System.Text.Json;
using System.Text.Json.Serialization;

namespace Highwater.Engine.Postgres;

/// <summary>Segments stand in JSON by their file name.</summary>
public sealed class WalSegmentNameJsonConverter : JsonConverter<WalSegmentName>
{
    public override WalSegmentName Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        WalSegmentName.TryParse(reader.GetString(), out var name)
            ? name
            : throw new JsonException("The name of a WAL segment such as \"000000010000000000000002\" was expected.");

    public override void Write(Utf8JsonWriter writer, WalSegmentName value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
