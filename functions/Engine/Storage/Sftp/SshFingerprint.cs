using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Highwater.Engine.Storage.Sftp;

/// <summary>
/// Reads public keys in their wire form (RFC 4253, section 6.6): a length-prefixed type name and what belongs to it.
/// </summary>
public static class SshFingerprint
{
    /// <summary>As OpenSSH prints it: <c>SHA256:</c> and base64 without padding.</summary>
    public static string Of(ReadOnlySpan<byte> key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(key, hash);
        return "SHA256:" + Convert.ToBase64String(hash).TrimEnd('=');
    }

    /// <summary>The type name at the start of a key, such as <c>ssh-ed25519</c>, or null if there is none.</summary>
    public static string? TypeOf(ReadOnlySpan<byte> key)
    {
        if (key.Length < 4)
            return null;
        var length = BinaryPrimitives.ReadUInt32BigEndian(key);
        return length is > 0 and < 100 && length <= key.Length - 4
            ? Encoding.ASCII.GetString(key.Slice(4, (int)length))
            : null;
    }

    /// <summary>A key as one line of text: type and base64.</summary>
    public static string LineOf(ReadOnlySpan<byte> key) => $"{TypeOf(key)} {Convert.ToBase64String(key)}";
}
