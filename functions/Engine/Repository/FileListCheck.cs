using Highwater.Engine.Errors;
using Highwater.Engine.Storage;

namespace Highwater.Engine.Repository;

/// <summary>Compares a file list with itself and with the packs its base backup names.</summary>
internal static class FileListCheck
{
    // A ustar archive ends with two zero blocks.
    private const int TrailerBytes = 2 * PackFormat.Block;

    /// <summary>Reads the whole list and says what is wrong with it, or null.</summary>
    /// <exception cref="HighwaterException">As <see cref="FileListReader.ReadAsync"/>.</exception>
    public static async Task<string?> FindFaultAsync(
        BackupRepository repository, BackupRecord backup, CancellationToken cancellationToken)
    {
        var packs = backup.Packs.ToDictionary(pack => pack.Sha256, pack => pack.Length);
        string? first = null;
        var files = 0L;
        await foreach (var entry in FileListReader.ReadAsync(repository, backup, cancellationToken))
        {
            if (entry.Type == FileType.File)
                files++;

            // Read on to the end: a list whose bytes are damaged is to be called that.
            if (FindFault(entry, backup.ChunkSize, packs) is { } fault)
                first ??= $"{RepositoryLayout.FileList(backup.Id)} is inconsistent at '{entry.Path}': {fault}.";
        }

        return first ?? (files == backup.Sizes.Files
            ? null
            : $"{RepositoryLayout.FileList(backup.Id)} lists {files} files, "
            + $"but the base backup has {backup.Sizes.Files}.");
    }

    /// <summary>Says what is wrong with one entry, or null.</summary>
    public static string? FindFault(
        FileListEntry entry, int chunkSize, IReadOnlyDictionary<Sha256Hash, long> packs)
    {
        if (entry.Type == FileType.Symlink != entry.Target is not null)
            return "a symbolic link without a target, or a target without one";
        if (entry.Type != FileType.File)
            return entry.Runs is null ? null : "content where there can be none";
        if (entry.Sha256 is null || entry.Runs is null)
            return "a file without content";
        var chunks = 0L;
        foreach (var run in entry.Runs)
        {
            if (FindFault(run, packs) is { } fault)
                return fault;
            chunks += run.Count;
        }

        var expected = (entry.Size + chunkSize - 1) / chunkSize;
        return chunks == expected ? null : $"{entry.Size} bytes need {expected} chunks, but it has {chunks}";
    }

    private static string? FindFault(ChunkRun run, IReadOnlyDictionary<Sha256Hash, long> packs)
    {
        if (run.Zeros is not null)
        {
            return run is { Zeros: > 0, Pack: null, Chunks: null }
                ? null
                : "a run of zeros that is more or less than that";
        }

        if (run.Pack is null || run.Offset is null || run.Lengths is null || run.Chunks is null)
            return "a run that names no place";
        if (run.Chunks.Count == 0 || run.Chunks.Count != run.Lengths.Count)
            return $"a run with {run.Chunks.Count} chunks and {run.Lengths.Count} lengths";
        if (!packs.TryGetValue(run.Pack.Value, out var packLength))
            return $"the pack {run.Pack} is none of those the base backup names";
        var offset = run.Offset.Value;
        if (offset < PackFormat.Block || offset % PackFormat.Block != 0)
            return $"offset {offset} of the pack {run.Pack} is not the start of a member";
        var end = offset;
        foreach (var length in run.Lengths)
        {
            if (length <= 0)
                return $"a chunk of {length} bytes";
            end = offset + PackFormat.Padded(length);
            offset = PackFormat.NextOffset(offset, length);
        }

        return end <= packLength - TrailerBytes
            ? null
            : $"a run ends at {end}, beyond the last member of the pack {run.Pack} of {packLength} bytes";
    }
}
