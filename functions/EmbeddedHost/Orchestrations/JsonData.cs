using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Microsoft.DurableTask;

namespace Highwater.EmbeddedHost.Orchestrations;

/// <summary>
/// Inputs, results, events and statuses as JSON: written as the types say, read without regard to case.
/// </summary>
internal sealed class JsonData : DataConverter
{
    public static readonly JsonData Converter = new();

    private static readonly JsonSerializerOptions Options = new() { PropertyNameCaseInsensitive = true };

    private JsonData()
    {
    }

    [return: NotNullIfNotNull(nameof(value))]
    public override string? Serialize(object? value) =>
        value is null ? null : JsonSerializer.Serialize(value, value.GetType(), Options);

    public override object? Deserialize(string? data, Type targetType) =>
        string.IsNullOrEmpty(data) ? null : JsonSerializer.Deserialize(data, targetType, Options);

    public override T? Deserialize<T>(string? data)
        where T : default => string.IsNullOrEmpty(data) ? default : JsonSerializer.Deserialize<T>(data, Options);
}
