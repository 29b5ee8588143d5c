using System.Text.Json;
using System.Text.Json.Serialization;

namespace Highwater.Engine.Postgres;

/// <summary>Segment sizes stand in JSON as bytes.</summary>
public sealed class WalSegmentSizeJsonConverter : JsonConverter<WalSegmentSize>
{
    public override WalSegmentSize Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        try
        {
            return new WalSegmentSize(reader.GetInt64());
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new JsonException(e.Message, e);
        }
    }

    public override void Write(Utf8JsonWriter writer, WalSegmentSize value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value.Bytes);
}
