using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Highwater.Engine.Formats;

/// <summary>Lets a value stand in JSON as the text it prints as.</summary>
/// <param name="tryParse">Reads the text back.</param>
/// <param name="expected">What the text should be, with an example, for the error.</param>
public abstract class TextJsonConverter<T>(TextJsonConverter<T>.TryParse tryParse, string expected) : JsonConverter<T>
    where T : notnull
{
    /// <summary>Reads a text as a value; false if it is none.</summary>
    public delegate bool TryParse(string? text, [NotNullWhen(true)] out T? value);

    /// <exception cref="JsonException">The text is no such value.</exception>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && tryParse(reader.GetString(), out var value)
            ? value
            : throw new JsonException($"This should be {expected}.");

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
