using System.Buffers.Binary;

namespace Highwater.Engine.Postgres.WalRecords;

/// <summary>
/// A record of which not all bytes have passed yet. Its body is not held, whatever its length: the checksum goes along,
/// and of the records of interest the first bytes stay.
/// </summary>
internal sealed class OpenWalRecord
{
    private const int CrcOffset = 20;

    // Enough for the end of a transaction without its lists, a restore point and the start of a checkpoint.
    private const int KeptBytes = 256;

    private readonly byte[] _header = new byte[WalRecord.HeaderLength];
    private readonly byte[] _kept = new byte[KeptBytes];
    private bool _isRest;
    private uint _total;
    private uint _collected;
    private int _keptLength;
    private uint _crc = Crc32C.Start;

    private OpenWalRecord(Lsn start, uint total, bool isRest) => (Start, _total, _isRest) = (start, total, isRest);

    public Lsn Start { get; private set; }

    public uint Remaining => _total - _collected;

    public bool IsComplete => _collected == _total;

    /// <summary>Whether its header has passed, so that it can be judged.</summary>
    public bool HasHeader => !_isRest && _collected >= WalRecord.HeaderLength;

    /// <summary>Whether its beginning is unknown: then nothing can be said of it but where it ends.</summary>
    public bool IsRest => _isRest;

    /// <summary>xl_prev: where the record before it starts.</summary>
    public Lsn Previous => new(BinaryPrimitives.ReadUInt64LittleEndian(_header.AsSpan(8)));

    private byte ResourceManager => _header[17];

    public static OpenWalRecord Begin(Lsn start, uint total) => new(start, total, isRest: false);

    /// <summary>Begins another record in place of this one, whose body is not valid any more: a segment has a hundred
    /// thousand of them.</summary>
    public OpenWalRecord BeginAgain(Lsn start, uint total)
    {
        (Start, _total, _isRest) = (start, total, false);
        (_collected, _keptLength, _crc) = (0, 0, Crc32C.Start);
        return this;
    }

    /// <summary>The rest of a record that began where nobody looked.</summary>
    public static OpenWalRecord RestOf(Lsn at, uint remaining) => new(at, remaining, isRest: true);

    public static OpenWalRecord Continue(WalRecordPart part)
    {
        var open = new OpenWalRecord(part.Start, part.Total, isRest: false)
        {
            _collected = part.Collected,
            _crc = part.Crc,
            _keptLength = Math.Min(part.Kept.Length, KeptBytes),
        };
        part.Header.AsSpan(0, Math.Min(part.Header.Length, WalRecord.HeaderLength)).CopyTo(open._header);
        part.Kept.AsSpan(0, open._keptLength).CopyTo(open._kept);
        return open;
    }

    /// <summary>Takes what belongs to the record and says how much that was.</summary>
    public int Append(ReadOnlySpan<byte> bytes)
    {
        var taken = (int)Math.Min(Remaining, (uint)bytes.Length);
        bytes = bytes[..taken];
        if (!_isRest && _collected < WalRecord.HeaderLength)
        {
            var ofHeader = Math.Min(taken, WalRecord.HeaderLength - (int)_collected);
            bytes[..ofHeader].CopyTo(_header.AsSpan((int)_collected));
            bytes = bytes[ofHeader..];
        }

        _collected += (uint)taken;
        if (_isRest || bytes.Length == 0)
            return taken;
        _crc = Crc32C.Add(_crc, bytes);
        if (_keptLength < KeptBytes && ResourceManager is WalRecord.Xlog or WalRecord.Transaction)
        {
            var kept = Math.Min(bytes.Length, KeptBytes - _keptLength);
            bytes[..kept].CopyTo(_kept.AsSpan(_keptLength));
            _keptLength += kept;
        }

        return taken;
    }

    /// <summary>CRC-32C of the body, then of the header up to the CRC (XLogInsertRecord in access/transam/xlog.c,
    /// ValidXLogRecord in xlogreader.c).</summary>
    public bool HasRightCrc() =>
        Crc32C.Finish(Crc32C.Add(_crc, _header.AsSpan(0, CrcOffset)))
        == BinaryPrimitives.ReadUInt32LittleEndian(_header.AsSpan(CrcOffset));

    /// <summary>The whole record; its body is valid as long as this object.</summary>
    public WalRecord ToRecord() => new(
        Start, ResourceManager, _header[16], BinaryPrimitives.ReadUInt32LittleEndian(_header.AsSpan(4)),
        _kept.AsMemory(0, _keptLength));

    public WalRecordPart ToPart() => new(
        Start,
        _total,
        _collected,
        _header[..(int)Math.Min(_collected, WalRecord.HeaderLength)],
        _crc,
        _kept[.._keptLength]);
}
