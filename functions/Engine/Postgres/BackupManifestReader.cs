using System.Text.Json;
using Highwater.Engine.Errors;

namespace Highwater.Engine.Postgres;

/// <summary>
/// Reads a <c>backup_manifest</c> as it flows, in memory bounded by its longest entry, and checks the checksum it
/// ends with (documentation, "Backup Manifest Format"; PostgreSQL 13 and later).
/// </summary>
public static class BackupManifestReader
{
    private const int LongestEntry = 1 << 20;

    /// <param name="content">Read from where it stands to its end; not disposed.</param>
    /// <param name="onFile">Called for each file in order; may be null.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="HighwaterException">
    /// <see cref="ErrorCodes.BaseBackupFailed"/>: not a manifest, cut off, or damaged.
    /// </exception>
    public static async Task<BackupManifest> ReadAsync(
        Stream content, Action<ManifestFile>? onFile, CancellationToken cancellationToken)
    {
        using var checksum = new ManifestChecksum();
        var parser = new ManifestParser(onFile);
        try
        {
            await FeedAsync(content, parser, checksum, cancellationToken);
            var manifest = parser.Finish();
            return checksum.Matches(parser.Checksum)
                ? manifest
                : throw Malformed("its checksum is not that of its content");
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            throw Malformed(e.Message, e);
        }
    }

    private static async Task FeedAsync(
        Stream content, ManifestParser parser, ManifestChecksum checksum, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 << 10];
        var filled = 0;
        while (true)
        {
            if (filled == buffer.Length)
                Grow(ref buffer);
            var count = await content.ReadAsync(buffer.AsMemory(filled), cancellationToken);
            checksum.Append(buffer.AsSpan(filled, count));
            filled += count;
            var consumed = parser.Parse(buffer.AsSpan(0, filled), isFinal: count == 0);
            buffer.AsSpan(consumed, filled - consumed).CopyTo(buffer);
            filled -= consumed;
            if (count == 0)
                return;
        }
    }

    private static void Grow(ref byte[] buffer)
    {
        if (buffer.Length >= LongestEntry)
            throw new FormatException($"an entry has more than {LongestEntry} bytes");
        Array.Resize(ref buffer, buffer.Length * 2);
    }

    private static HighwaterException Malformed(string why, Exception? inner = null) => new(
        ErrorCodes.BaseBackupFailed, $"The backup manifest cannot be trusted: {why}.",
        "take the base backup again; if it stays so, the server's version is newer than this program knows.", inner);
}
