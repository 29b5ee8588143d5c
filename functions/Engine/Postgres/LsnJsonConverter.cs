using System.Text.Json;
using System.Text.Json.Serialization;

namespace Highwater.Engine.Postgres;

/// <summary>LSNs stand in JSON as PostgreSQL prints them.</summary>
public sealed class LsnJsonConverter : JsonConverter<Lsn>
{
    public override Lsn Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Lsn.TryParse(reader.GetString(), out var lsn)
            ? lsn
            : throw new JsonException("An LSN such as \"16/B374D848\" was expected.");

    public override void Write(Utf8JsonWriter writer, Lsn value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
