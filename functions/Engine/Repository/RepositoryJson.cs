using System.Text.Json;
using System.Text.Json.Serialization;
using Highwater.Engine.Errors;

namespace Highwater.Engine.Repository;

/// <summary>The JSON of every object in a repository: camel case, nulls left out, instants in UTC.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = false)]
[JsonSerializable(typeof(RepositoryDescription))]
[JsonSerializable(typeof(BackupRecord))]
[JsonSerializable(typeof(FileListEntry))]
[JsonSerializable(typeof(LeaseRecord))]
[JsonSerializable(typeof(CounterpartRecord))]
[JsonSerializable(typeof(WalSegmentHeader))]
internal sealed partial class RepositoryJson : JsonSerializerContext
{
    /// <summary>The same for people: objects that are read by eye are indented.</summary>
    public static RepositoryJson Indented =>
        field ??= new(new JsonSerializerOptions(Default.Options) { WriteIndented = true });

    /// <exception cref="HighwaterException"><see cref="ErrorCodes.RepositoryDamaged"/>: the bytes are not such an
    /// object.</exception>
    public static T Parse<T>(ReadOnlySpan<byte> json, string what)
        where T : class
    {
        try
        {
            return (T?)JsonSerializer.Deserialize(json, typeof(T), Default)
                ?? throw new JsonException("It holds only null.");
        }
        catch (JsonException e)
        {
            throw new HighwaterException(
                ErrorCodes.RepositoryDamaged,
                $"{what} is not what it should be: {e.Message}",
                "run 'highwater verify' to see what else is damaged, and restore from the other repository meanwhile",
                e);
        }
    }
}
