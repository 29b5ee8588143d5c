using System.Buffers.Binary;

namespace Highwater.Engine.Postgres.WalRecords;

/// <summary>Proves the bytes of one segment as they pass, and gathers what they say.</summary>
internal sealed class WalSummary
{
    private const byte ShutdownCheckpoint = 0x00; // XLOG_CHECKPOINT_SHUTDOWN of catalog/pg_control.h
    private const byte OnlineCheckpoint = 0x10; // XLOG_CHECKPOINT_ONLINE
    private const byte EndOfRecovery = 0x90; // XLOG_END_OF_RECOVERY

    private readonly WalRecordParser _parser;
    private readonly List<WalRestorePoint> _restorePoints = [];
    private DateTimeOffset? _newest;
    private int _records;
    private Lsn? _first;
    private DateTimeOffset? _firstTransaction;
    private DateTimeOffset? _lastTransaction;
    private uint? _lowestXid;
    private uint? _highestXid;
    private Lsn? _checkpoint;
    private WalTimelineSwitch? _switch;

    public WalSummary(WalSegmentName segment, WalSegmentSize size, WalTail? before)
    {
        _newest = before?.NewestTransactionAt;
        _parser = new WalRecordParser(segment.Start(size), segment.Timeline, before, Take);
    }

    /// <summary>Where the segment is wrong; null as long as it is right.</summary>
    public WalDamage? Damage => _parser.Damage;

    /// <summary>Up to here every record is whole.</summary>
    public Lsn ProvenTo => _parser.ProvenTo;

    /// <summary>Takes the next bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes) => _parser.Append(bytes);

    /// <summary>What was found so far.</summary>
    public WalContents ToContents() => new(
        _records,
        _first,
        _records == 0 ? null : _parser.LastRecord,
        _parser.ProvenFrom,
        _firstTransaction,
        _lastTransaction,
        _lowestXid,
        _highestXid,
        _checkpoint,
        _switch,
        _restorePoints.Count == 0 ? null : _restorePoints,
        _parser.IsKnown ? new WalTail(_parser.LastRecord, _newest, _parser.Open) : null);

    private void Take(WalRecord record)
    {
        _records++;
        _first ??= record.Start;
        if (WalLandmark.Of(record) is { } landmark)
            Take(landmark);
        else if (record.ResourceManager == WalRecord.Xlog)
            TakeControl(record);
    }

    private void Take(WalLandmark landmark)
    {
        if (landmark.Kind == WalLandmarkKind.RestorePoint)
        {
            if (_restorePoints.Count < WalContents.MostRestorePoints)
                _restorePoints.Add(new WalRestorePoint(landmark.Name!, landmark.Start, landmark.At));
            return;
        }

        _firstTransaction = _firstTransaction < landmark.At ? _firstTransaction : landmark.At;
        _lastTransaction = _lastTransaction > landmark.At ? _lastTransaction : landmark.At;
        _newest = _newest > landmark.At ? _newest : landmark.At;
        if (landmark.Xid == 0)
            return;
        _lowestXid = Math.Min(_lowestXid ?? uint.MaxValue, landmark.Xid);
        _highestXid = Math.Max(_highestXid ?? 0, landmark.Xid);
    }

    // CheckPoint begins with redo, ThisTimeLineID and PrevTimeLineID; xl_end_of_recovery has the same two after its
    // time (catalog/pg_control.h, access/xlog_internal.h).
    private void TakeControl(in WalRecord record)
    {
        var kind = record.Info & 0xF0;
        var data = record.Data;
        if (kind is not (ShutdownCheckpoint or OnlineCheckpoint or EndOfRecovery) || data.Length < 16)
            return;
        var to = BinaryPrimitives.ReadUInt32LittleEndian(data[8..]);
        var from = BinaryPrimitives.ReadUInt32LittleEndian(data[12..]);
        if (kind != EndOfRecovery)
            _checkpoint = new Lsn(BinaryPrimitives.ReadUInt64LittleEndian(data));
        if (from != to)
            _switch = new WalTimelineSwitch(record.Start, from, to);
    }
}
