using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;

namespace Highwater.Engine.Tests.Postgres;

public sealed class BackupManifestReaderTests
{
    private static readonly Gen<ManifestFile> Files =
        from path in Gen.Char["abcdefghijklmnopqrstuvwxyz/_0123456789 äß"].Array[1, 60]
        from encoded in Gen.Bool
        from size in Gen.Long[0, 1L << 40]
        from hash in Gen.Byte.Array[32]
        select encoded
            ? new ManifestFile(null, Convert.ToHexStringLower(Encoding.UTF8.GetBytes(path)), size, "SHA256", Hex(hash))
            : new ManifestFile(new string(path), null, size, "SHA256", Hex(hash));

    private static readonly Gen<(BackupManifest Manifest, ManifestFile[] Files)> Manifests =
        from files in Files.Array[0, 400]
        from identifier in Gen.ULong.Nullable()
        from ranges in Gen.Select(Gen.UInt, Gen.ULong, Gen.ULong, (t, s, e) => new ManifestWalRange(t, new(s), new(e)))
            .Array[1, 3]
        select (new BackupManifest(
            identifier is null ? 1 : 2, identifier is { } i ? new SystemIdentifier(i) : null, files.Length, ranges),
            files);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Both_versions_are_read_back_in_pieces_of_any_size() =>
        await Gen.Select(Manifests, Gen.Int[1, 5000]).SampleAsync(
            async sample =>
            {
                var ((manifest, files), piece) = sample;
                List<ManifestFile> seen = [];
                using var content = new PiecewiseStream(Write(manifest, files), piece);
                var read = await BackupManifestReader.ReadAsync(content, seen.Add, Token);
                Assert.Equal(files, seen);
                Assert.Equal(manifest.WalRanges, read.WalRanges);
                Assert.Equal(manifest with { WalRanges = read.WalRanges }, read);
            },
            iter: 100);

    [Fact]
    public async Task A_manifest_cut_off_anywhere_is_refused() =>
        await Gen.Select(Manifests, Gen.Double[0, 1]).SampleAsync(
            async sample =>
            {
                var whole = Write(sample.Item1.Manifest, sample.Item1.Files);
                // Without the line break at its end it is still whole.
                var length = (int)(sample.Item2 * (whole.Length - 2));
                Assert.NotNull(await RefusalAsync(whole[..length]));
            },
            iter: 100);

    [Fact]
    public async Task A_manifest_with_any_bit_flipped_is_refused() =>
        await Gen.Select(Manifests, Gen.Double[0, 1], Gen.Int[0, 7]).SampleAsync(
            async sample =>
            {
                var bytes = Write(sample.Item1.Manifest, sample.Item1.Files);
                var at = (int)(sample.Item2 * (bytes.Length - 2));
                bytes[at] ^= (byte)(1 << sample.Item3);
                Assert.Equal(ErrorCodes.BaseBackupFailed, (await RefusalAsync(bytes))?.Code);
            },
            iter: 200);

    [Fact]
    public async Task Garbage_is_refused() => await Gen.Byte.Array[0, 2000].SampleAsync(
        async bytes => Assert.NotNull(await RefusalAsync(bytes)), iter: 300);

    private static async Task<HighwaterException?> RefusalAsync(byte[] bytes)
    {
        try
        {
            await BackupManifestReader.ReadAsync(new MemoryStream(bytes), null, Token);
            return null;
        }
        catch (HighwaterException e)
        {
            return e;
        }
    }

    private static byte[] Write(BackupManifest manifest, ManifestFile[] files)
    {
        var text = new StringBuilder($"{{ \"PostgreSQL-Backup-Manifest-Version\": {manifest.Version},\n");
        if (manifest.SystemIdentifier is { } identifier)
            text.Append($"\"System-Identifier\": {identifier},\n");
        text.Append("\"Files\": [\n").AppendJoin(",\n", files.Select(Line)).Append("\n],\n\"WAL-Ranges\": [\n");
        text.AppendJoin(",\n", manifest.WalRanges.Select(
            r => $"{{ \"Timeline\": {r.Timeline}, \"Start-LSN\": \"{r.Start}\", \"End-LSN\": \"{r.End}\" }}"));
        text.Append("\n],\n");
        var checksum = Hex(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
        return Encoding.UTF8.GetBytes(text.Append($"\"Manifest-Checksum\": \"{checksum}\"}}\n").ToString());
    }

    private static string Line(ManifestFile file)
    {
        var path = file.PlainPath is null
            ? $"\"Encoded-Path\": \"{file.EncodedPath}\""
            : $"\"Path\": \"{file.PlainPath}\"";
        return $"{{ {path}, \"Size\": {file.Size}, \"Last-Modified\": \"2026-11-22 16:41:19 GMT\", "
            + $"\"Checksum-Algorithm\": \"SHA256\", \"Checksum\": \"{file.Checksum}\" }}";
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
