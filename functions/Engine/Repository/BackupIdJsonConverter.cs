using System.Text.Json;
using System.Text.Json.Serialization;

namespace Highwater.Engine.Repository;

/// <summary>Ids of base backups stand in JSON as their text.</summary>
public sealed class BackupIdJsonConverter : JsonConverter<BackupId>
{
    public override BackupId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        BackupId.TryParse(reader.GetString(), out var id)
            ? id
            : throw new JsonException("The id of a base backup such as \"20261122T020000Z\" was expected.");

    public override void Write(Utf8JsonWriter writer, BackupId value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
