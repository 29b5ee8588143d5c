using System.Buffers.Binary;
using Highwater.Engine.Postgres;
using Highwater.TestKit.Storage;

namespace Highwater.TestKit.WalArchiving;

/// <summary>Bytes that pass for WAL segments: a true first page header, then content that compresses to about a
/// half.</summary>
public static class TestSegments
{
    /// <param name="segment">Which one.</param>
    /// <param name="cluster">Whose.</param>
    /// <param name="size">Of the cluster's segments.</param>
    /// <param name="seed">Other seeds give other content.</param>
    /// <param name="pageTimeline">The timeline in the page header, if not that of the name.</param>
    public static byte[] Make(
        WalSegmentName segment, SystemIdentifier cluster, WalSegmentSize size, int seed = 1, uint? pageTimeline = null)
    {
        var bytes = new byte[size.Bytes];
        var content = TestBytes.Of(bytes.Length / 2, (seed * 1_000_003) + (int)segment.Number(size));
        content.CopyTo(bytes, bytes.Length / 4);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, 0xD110);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2), 0x0006);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), pageTimeline ?? segment.Timeline);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), segment.Start(size).Value);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(24), cluster.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(32), (uint)size.Bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(36), 8192);
        return bytes;
    }
}
