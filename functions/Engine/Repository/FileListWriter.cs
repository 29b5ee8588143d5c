using System.Text.Json;
using Highwater.Engine.Storage;

namespace Highwater.Engine.Repository;

/// <summary>
/// Writes the lines of <c>files.jsonl.zst</c> to a temporary file as a backup flows by: the list of a large database
/// does not fit in memory. Not for concurrent use.
/// </summary>
/// <param name="temporaryFolder">Where the list stands until it is put.</param>
public sealed class FileListWriter(string temporaryFolder) : IAsyncDisposable
{
    private readonly CompressedTemporaryFile _file = new(temporaryFolder);

    /// <summary>How many regular files were written so far.</summary>
    public long Files { get; private set; }

    /// <summary>Adds one entry.</summary>
    public void Add(FileListEntry entry)
    {
        JsonSerializer.Serialize(_file.Plain, entry, RepositoryJson.Default.FileListEntry);
        _file.Plain.WriteByte((byte)'\n');
        if (entry.Type == FileType.File)
            Files++;
    }

    /// <summary>Closes the list and gives it as content to put, valid until disposal. Call once, after the last
    /// entry.</summary>
    public Task<ObjectContent> FinishAsync(CancellationToken cancellationToken) => _file.FinishAsync(cancellationToken);

    public ValueTask DisposeAsync() => _file.DisposeAsync();
}
