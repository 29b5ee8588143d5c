using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json.Serialization;

namespace Highwater.Engine.Storage;

/// <summary>A SHA-256 as a value: 32 bytes, printed as 64 lower-case hex digits.</summary>
[JsonConverter(typeof(Sha256HashJsonConverter))]
public readonly record struct Sha256Hash
{
    public const int Size = SHA256.HashSizeInBytes;

    private readonly ulong _a;
    private readonly ulong _b;
    private readonly ulong _c;
    private readonly ulong _d;

    /// <param name="bytes">Exactly 32 bytes.</param>
    public Sha256Hash(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, Size);
        _a = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _b = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _c = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]);
        _d = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]);
    }

    /// <summary>Hashes the bytes.</summary>
    public static Sha256Hash Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[Size];
        SHA256.HashData(content, hash);
        return new Sha256Hash(hash);
    }

    /// <summary>Writes the 32 bytes.</summary>
    public void CopyTo(Span<byte> target)
    {
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(target, _a);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(target[8..], _b);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(target[16..], _c);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(target[24..], _d);
    }

    /// <summary>64 hex digits, or false.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Sha256Hash hash)
    {
        Span<byte> bytes = stackalloc byte[Size];
        if (text?.Length == 2 * Size
            && Convert.FromHexString(text, bytes, out _, out _) == System.Buffers.OperationStatus.Done)
        {
            hash = new Sha256Hash(bytes);
            return true;
        }

        hash = default;
        return false;
    }

    /// <exception cref="FormatException">The text is not 64 hex digits.</exception>
    public static Sha256Hash Parse(string text) =>
        TryParse(text, out var hash) ? hash : throw new FormatException($"'{text}' is not a SHA-256 of 64 hex digits.");

    /// <inheritdoc/>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Size];
        CopyTo(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
