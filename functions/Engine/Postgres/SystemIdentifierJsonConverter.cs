using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Highwater.Engine.Postgres;

/// <summary>System identifiers stand in JSON as decimal text.</summary>
public sealed class SystemIdentifierJsonConverter : JsonConverter<SystemIdentifier>
{
    public override SystemIdentifier Read(
        ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        ulong.TryParse(reader.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? new SystemIdentifier(value)
            : throw new JsonException("A system identifier such as \"7310938764291650493\" was expected.");

    public override void Write(Utf8JsonWriter writer, SystemIdentifier value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
