using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres.WalRecords;

namespace Highwater.Engine.Repository;

/// <summary>
/// The skippable frame in front of a stored WAL segment: magic, length, JSON (RFC 8878, section 3.1.2). zstd passes
/// over it, so that <c>zstd -dc</c> yields the segment alone.
/// </summary>
internal static class WalSegmentFrame
{
    private const uint Magic = 0x184D2A50;
    private const int PrefixLength = 8;
    private const int LongestJson = 1 << 16;

    private const int CheckDigits = 8;

    // Behind all other members, so that what it stands for is what stands in front of it.
    private static readonly byte[] CheckName = ",\"check\":\""u8.ToArray();

    /// <summary>The whole frame.</summary>
    public static byte[] Write(WalSegmentHeader header)
    {
        var json = WithCheck(JsonSerializer.SerializeToUtf8Bytes(header, RepositoryJson.Default.WalSegmentHeader));
        var frame = new byte[PrefixLength + json.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(frame, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(4), json.Length);
        json.CopyTo(frame, PrefixLength);
        return frame;
    }

    /// <summary>Reads the frame and leaves the stream at the compressed segment.</summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.RepositoryDamaged"/>: there is no such
    /// frame.</exception>
    public static async Task<WalSegmentHeader> ReadAsync(
        Stream stored, string what, CancellationToken cancellationToken)
    {
        var prefix = new byte[PrefixLength];
        if (await stored.ReadAtLeastAsync(prefix, PrefixLength, false, cancellationToken) < PrefixLength
            || BinaryPrimitives.ReadUInt32LittleEndian(prefix) != Magic)
            throw Damaged(what, "it does not start with the frame that says what it is");
        var length = BinaryPrimitives.ReadUInt32LittleEndian(prefix.AsSpan(4));
        if (length > LongestJson)
            throw Damaged(what, "its first frame is too long");
        var json = new byte[length];
        if (await stored.ReadAtLeastAsync(json, json.Length, false, cancellationToken) < json.Length)
            throw Damaged(what, "it ends within its first frame");
        var header = RepositoryJson.Parse<WalSegmentHeader>(json, $"The first frame of {what}");

        // What was written before contents were recorded has no check either.
        if (FindCheck(json, out var body) is { } check
                ? !json.AsSpan(check, CheckDigits).SequenceEqual(Check(body))
                : header.Contents is not null)
            throw Damaged(what, "its first frame does not have the checksum it should have");
        return header;
    }

    private static byte[] WithCheck(byte[] json)
    {
        var body = json.AsSpan(0, json.Length - 1);
        return [.. body, .. CheckName, .. Check(body), (byte)'"', (byte)'}'];
    }

    /// <summary>Where its digits stand, or null if there is none.</summary>
    private static int? FindCheck(ReadOnlySpan<byte> json, out ReadOnlySpan<byte> body)
    {
        var length = Math.Max(0, json.Length - CheckName.Length - CheckDigits - 2);
        body = json[..length];
        return json[length..].StartsWith(CheckName) ? length + CheckName.Length : null;
    }

    private static byte[] Check(ReadOnlySpan<byte> bytes) =>
        Encoding.ASCII.GetBytes($"{Crc32C.Finish(Crc32C.Add(Crc32C.Start, bytes)):x8}");

    /// <summary>The error for a stored segment that is not what its first frame says.</summary>
    public static HighwaterException Damaged(string what, string problem, Exception? inner = null) => new(
        ErrorCodes.RepositoryDamaged,
        $"{what} is damaged: {problem}.",
        "run 'highwater verify --repair' to take it from the other repository, or restore from that one",
        inner);
}
