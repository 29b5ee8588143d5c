using System.Text.Json.Serialization;
using Highwater.Engine.Storage;

namespace Highwater.Engine.Repository;

/// <summary>One line of <c>files.jsonl.zst</c>.</summary>
/// <param name="Path">Relative to the data directory, <c>/</c> between the parts, no <c>..</c>.</param>
/// <param name="Type">What it is.</param>
/// <param name="Mode">Permission bits in octal such as <c>0600</c>.</param>
/// <param name="ModifiedAt">UTC, to the second.</param>
/// <param name="Size">In bytes; 0 unless a file.</param>
/// <param name="Sha256">Of the content; null unless a file.</param>
/// <param name="Runs">The content as runs of chunks in order; null unless a file.</param>
/// <param name="Target">Where a symbolic link leads; null unless one.</param>
public sealed record FileListEntry(
    string Path,
    FileType Type,
    string Mode,
    [property: JsonPropertyName("mtime")] DateTimeOffset ModifiedAt,
    long Size,
    Sha256Hash? Sha256,
    IReadOnlyList<ChunkRun>? Runs,
    string? Target);
