using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;

namespace Highwater.Engine.Backup;

/// <summary>Compares what was received with what the server says it sent: each file, its size and its
/// SHA-256.</summary>
internal static class ManifestCheck
{
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.BaseBackupFailed"/>: they differ, or the server was
    /// promoted meanwhile.</exception>
    public static async Task<BackupManifest> RunAsync(
        Stream manifest, IReadOnlyDictionary<string, ObjectReference> received, CancellationToken cancellationToken)
    {
        var differences = new List<string>();
        var matched = 0;
        var result = await BackupManifestReader.ReadAsync(manifest, Compare, cancellationToken);
        if (matched + differences.Count < received.Count)
            differences.Add(
                $"{received.Count - matched - differences.Count} files came that the manifest does not name");
        if (differences.Count > 0)
            throw Differ($"{differences.Count} differences, the first: {differences[0]}");
        return result.WalRanges.Count == 1 ? result : throw Differ("the server was promoted while it was backed up");

        void Compare(ManifestFile file)
        {
            if (!received.TryGetValue(file.Path, out var got))
                differences.Add($"{file.Path} did not come");
            else if (got.Length != file.Size)
                differences.Add($"{file.Path} came with {got.Length} bytes instead of {file.Size}");
            else if (!string.Equals(got.Sha256.ToString(), file.Checksum, StringComparison.OrdinalIgnoreCase))
                differences.Add($"{file.Path} came with other bytes");
            else
                matched++;
        }
    }

    private static TransientException Differ(string how) => new(
        ErrorCodes.BaseBackupFailed,
        $"The base backup does not agree with the server's manifest: {how}.",
        "run 'highwater backup' again; if it stays so, look for faulty memory, network or disks between here and the "
            + "server");
}
