using System.Text.Json;
using System.Text.Json.Serialization;

namespace Highwater.Engine.Storage;

/// <summary>Hashes stand in JSON as lower-case hex.</summary>
public sealed class Sha256HashJsonConverter : JsonConverter<Sha256Hash>
{
    public override Sha256Hash Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Sha256Hash.TryParse(reader.GetString(), out var hash)
            ? hash
            : throw new JsonException("A SHA-256 of 64 hex digits was expected.");

    public override void Write(Utf8JsonWriter writer, Sha256Hash value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
