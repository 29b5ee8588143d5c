using System.Text;
using System.Text.Json.Serialization;

namespace Highwater.Engine.Postgres;

/// <summary>One file of a backup manifest (documentation, "Backup Manifest Format").</summary>
/// <param name="PlainPath">"Path": relative to the data directory; null where the name is not UTF-8.</param>
/// <param name="EncodedPath">"Encoded-Path": then the name's bytes in hex.</param>
/// <param name="Size">In bytes.</param>
/// <param name="ChecksumAlgorithm">For instance SHA256; null if none was asked for.</param>
/// <param name="Checksum">In lower-case hex.</param>
public sealed record ManifestFile(
    [property: JsonPropertyName("Path")] string? PlainPath,
    [property: JsonPropertyName("Encoded-Path")] string? EncodedPath,
    [property: JsonPropertyName("Size"), JsonRequired] long Size,
    [property: JsonPropertyName("Checksum-Algorithm")] string? ChecksumAlgorithm,
    [property: JsonPropertyName("Checksum")] string? Checksum)
{
    /// <summary>The path; bytes that are not UTF-8 show as U+FFFD.</summary>
    [JsonIgnore]
    public string Path => PlainPath ?? Encoding.UTF8.GetString(Convert.FromHexString(EncodedPath!));
}
