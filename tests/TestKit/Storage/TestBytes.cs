using Highwater.Engine.Storage;

namespace Highwater.TestKit.Storage;

/// <summary>Bytes that look random, are the same for the same seed, and need no memory however many they are.</summary>
public static class TestBytes
{
    public static byte[] Of(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Content made while it is read.</summary>
    public static ObjectContent Stream(long length, int seed = 1)
    {
        using var once = new GeneratedStream(length, seed);
        Span<byte> hash = stackalloc byte[Sha256Hash.Size];
        System.Security.Cryptography.SHA256.HashData(once, hash);
        return new ObjectContent(
            length, new Sha256Hash(hash), _ => ValueTask.FromResult<Stream>(new GeneratedStream(length, seed)));
    }
}
