namespace Highwater.Engine.Postgres.WalRecords;

/// <summary>The part of a record that stands in front of a segment's end.</summary>
/// <param name="Start">Of its first byte.</param>
/// <param name="Total">How long the whole record is, in bytes.</param>
/// <param name="Collected">How much of it stands here, in bytes; less than the total.</param>
/// <param name="Header">The first bytes of the record, up to the 24 of its header.</param>
/// <param name="Crc">CRC-32C over the collected part of the body, not finished.</param>
/// <param name="Kept">The first bytes of the body, where they say something that is of interest; else empty.</param>
public sealed record WalRecordPart(Lsn Start, uint Total, uint Collected, byte[] Header, uint Crc, byte[] Kept);
