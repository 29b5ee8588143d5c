using System.Runtime.CompilerServices;
using Highwater.Engine.Repository;

namespace Highwater.Engine.Restore;

/// <summary>
/// Turns a file list into batches of chunks: enough to read a pack in large ranges, few enough to hold. Makes
/// directories and links on the way, and files that have no chunk in a pack. Packs are in the order of files, so
/// batches are mostly in the order of packs.
/// </summary>
internal sealed class RestoreBatches(RestoreDirectory directory, int chunkSize, Action<RestoredFile> onFileDone)
{
    private const int MostBytes = 16 << 20;
    private const int MostChunks = 2048;

    private readonly List<(string Path, FileListEntry Entry)> _directories = [];

    /// <summary>The entry that is restored after everything else.</summary>
    public FileListEntry? ControlFile { get; private set; }

    public async IAsyncEnumerable<IReadOnlyList<ChunkPlace>> MakeAsync(
        IAsyncEnumerable<FileListEntry> entries, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var batch = new List<ChunkPlace>();
        var bytes = 0;
        await foreach (var entry in entries.WithCancellation(cancellationToken))
        {
            if (directory.PathOf(entry) is not { } path)
                continue;
            if (entry.Path == RestoreDirectory.ControlFile)
            {
                ControlFile = entry;
                continue;
            }

            foreach (var place in PlacesOf(entry, path))
            {
                batch.Add(place);
                bytes += place.PlainLength;
                if (bytes < MostBytes && batch.Count < MostChunks)
                    continue;
                yield return batch;
                (batch, bytes) = ([], 0);
            }
        }

        if (batch.Count > 0)
            yield return batch;
    }

    /// <summary>The chunks of one file that are in packs.</summary>
    public IEnumerable<ChunkPlace> PlacesOfFile(FileListEntry entry, string path)
    {
        var chunks = entry.Runs?.Where(run => run.Zeros is null).Sum(run => run.Count) ?? 0;
        var file = new RestoredFile(entry, path, chunks);
        if (chunks == 0)
        {
            file.Finish();
            onFileDone(file);
            yield break;
        }

        long position = 0;
        foreach (var run in entry.Runs!)
        {
            var offset = run.Offset ?? 0;
            for (var i = 0; i < run.Count; i++, position += chunkSize)
            {
                if (run.Zeros is not null)
                    continue;
                yield return new ChunkPlace(
                    run.Pack!.Value, offset, run.Lengths![i], run.Chunks![i], file, position,
                    (int)Math.Min(chunkSize, entry.Size - position));
                offset = PackFormat.NextOffset(offset, run.Lengths[i]);
            }
        }
    }

    /// <summary>Gives directories their modes and times, the innermost first: making files in them changed the
    /// times.</summary>
    public void FinishDirectories()
    {
        foreach (var (path, entry) in Enumerable.Reverse(_directories))
        {
            File.SetUnixFileMode(path, RestoredFile.ModeOf(entry));
            Directory.SetLastWriteTimeUtc(path, entry.ModifiedAt.UtcDateTime);
        }
    }

    private IEnumerable<ChunkPlace> PlacesOf(FileListEntry entry, string path)
    {
        switch (entry.Type)
        {
            case FileType.Directory:
                Directory.CreateDirectory(path);
                _directories.Add((path, entry));
                return [];
            case FileType.Symlink:
                File.CreateSymbolicLink(path, entry.Target!);
                return [];
            default:
                return PlacesOfFile(entry, path);
        }
    }
}
