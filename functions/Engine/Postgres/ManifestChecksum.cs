using System.Security.Cryptography;

namespace Highwater.Engine.Postgres;

/// <summary>
/// The checksum a manifest ends with: SHA-256 of every byte before its last line (AppendStringToManifest and
/// SendBackupManifest in backup/backup_manifest.c). Since only the end tells which line is the last, a tail is held
/// back.
/// </summary>
internal sealed class ManifestChecksum : IDisposable
{
    /// <summary>Longer than the last line, which holds 64 hex digits and their name.</summary>
    private const int TailLength = 256;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private byte[] _tail = [];

    public void Append(ReadOnlySpan<byte> bytes)
    {
        byte[] held = [.. _tail, .. bytes[^Math.Min(bytes.Length, TailLength)..]];
        if (bytes.Length > TailLength)
        {
            _hash.AppendData(_tail);
            _hash.AppendData(bytes[..^TailLength]);
            _tail = held[^TailLength..];
            return;
        }

        var surplus = Math.Max(0, held.Length - TailLength);
        _hash.AppendData(held.AsSpan(0, surplus));
        _tail = held[surplus..];
    }

    /// <summary>Ends the computation: to be asked once.</summary>
    public bool Matches(string? expectedHex)
    {
        var lastLine = _tail.AsSpan().LastIndexOf("\"Manifest-Checksum\""u8);
        if (lastLine < 0)
            return false;
        _hash.AppendData(_tail.AsSpan(0, lastLine));
        return Convert.ToHexStringLower(_hash.GetHashAndReset()) == expectedHex;
    }

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();
}
