using System.Security.Cryptography;
using System.Text.Json;
using Highwater.Engine.Storage;
using ZstdSharp;

namespace Highwater.Engine.Repository;

/// <summary>
/// Writes the lines of <c>files.jsonl.zst</c> to a temporary file as a backup flows by: the list of a large database does not
/// fit in memory. Not for concurrent use.
/// </summary>
public sealed class FileListWriter : IAsyncDisposable
{
    private readonly FileStream file;
    private readonly CompressionStream zstd;
    private bool finished;

    /// <param name="temporaryFolder">Where the list stands until it is put; removed on disposal.</param>
    public FileListWriter(string temporaryFolder)
    {
        var path = Path.Combine(temporaryFolder, Path.GetRandomFileName());
        file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
            BufferSize = 1 << 16,
        });
        zstd = new CompressionStream(file, level: 3, leaveOpen: true);
    }

    /// <summary>How many regular files were written so far.</summary>
    public long Files { get; private set; }

    /// <summary>Adds one entry.</summary>
    public void Add(FileListEntry entry)
    {
        JsonSerializer.Serialize(zstd, entry, RepositoryJson.Default.FileListEntry);
        zstd.WriteByte((byte)'\n');
        if (entry.Type == FileType.File)
            Files++;
    }

    /// <summary>Closes the list and gives it as content to put, valid until disposal. Call once, after the last entry.</summary>
    public async Task<ObjectContent> FinishAsync(CancellationToken cancellationToken)
    {
        if (!finished)
            await zstd.DisposeAsync();
        finished = true;
        await file.FlushAsync(cancellationToken);
        file.Position = 0;
        var hash = new Sha256Hash(await SHA256.HashDataAsync(file, cancellationToken));
        return new ObjectContent(file.Length, hash, _ => ValueTask.FromResult<Stream>(File.Open(
            file.Name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)));
    }

    public async ValueTask DisposeAsync()
    {
        if (!finished)
            await zstd.DisposeAsync();
        await file.DisposeAsync();
    }
}
