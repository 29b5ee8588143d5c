using System.Buffers.Binary;

namespace Highwater.Engine.Postgres.WalRecords;

/// <summary>The header every page of the log starts with (XLogPageHeaderData in access/xlog_internal.h).</summary>
/// <param name="Magic">XLOG_PAGE_MAGIC of the server's major version.</param>
/// <param name="Info">Flags.</param>
/// <param name="Timeline">Of the page's first byte.</param>
/// <param name="Address">The LSN of the page's first byte.</param>
/// <param name="Continuation">How many bytes of a record that began earlier are still to come, from this page
/// on.</param>
internal readonly record struct WalPage(ushort Magic, ushort Info, uint Timeline, Lsn Address, uint Continuation)
{
    /// <summary>XLP_ALL_FLAGS.</summary>
    public const ushort KnownFlags = 0x000F;

    private const ushort FirstIsContinuation = 0x0001; // XLP_FIRST_IS_CONTRECORD
    private const ushort LongHeader = 0x0002; // XLP_LONG_HEADER
    private const ushort FirstIsOverwrite = 0x0008; // XLP_FIRST_IS_OVERWRITE_CONTRECORD
    private const int ShortLength = 24;

    /// <summary>Whether it goes on with a record that began earlier.</summary>
    public bool Continues => (Info & FirstIsContinuation) != 0;

    /// <summary>Whether it is a segment's first.</summary>
    public bool IsLong => (Info & LongHeader) != 0;

    /// <summary>Whether the server gave up the record before it, which a crash had cut, and went on here.</summary>
    public bool Overwrites => (Info & FirstIsOverwrite) != 0;

    /// <summary>Where the page's content starts.</summary>
    public int Length => IsLong ? WalPageHeader.Length : ShortLength;

    /// <summary>Reads it without judging it.</summary>
    /// <param name="page">A whole page.</param>
    public static WalPage Read(ReadOnlySpan<byte> page) => new(
        BinaryPrimitives.ReadUInt16LittleEndian(page),
        BinaryPrimitives.ReadUInt16LittleEndian(page[2..]),
        BinaryPrimitives.ReadUInt32LittleEndian(page[4..]),
        new Lsn(BinaryPrimitives.ReadUInt64LittleEndian(page[8..])),
        BinaryPrimitives.ReadUInt32LittleEndian(page[16..]));
}
