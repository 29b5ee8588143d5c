using System.Globalization;
using Highwater.Engine.Postgres;

namespace Highwater.Engine.Restore;

/// <summary>Where recovery ends, on which timeline, and what happens there.</summary>
/// <param name="Kind">Says which of the following counts.</param>
/// <param name="Time">For <see cref="RecoveryTargetKind.Time"/>; null otherwise.</param>
/// <param name="Lsn">For <see cref="RecoveryTargetKind.Lsn"/>; null otherwise.</param>
/// <param name="Xid">For <see cref="RecoveryTargetKind.Xid"/>: the 32-bit id without epoch; null otherwise.</param>
/// <param name="Name">For <see cref="RecoveryTargetKind.Name"/>; null otherwise.</param>
public sealed record RecoveryTarget(
    RecoveryTargetKind Kind,
    DateTimeOffset? Time = null,
    Lsn? Lsn = null,
    uint? Xid = null,
    string? Name = null)
{
    /// <summary>The end of the WAL.</summary>
    public static readonly RecoveryTarget Latest = new(RecoveryTargetKind.Latest);

    /// <summary>The base backup and nothing after it.</summary>
    public static readonly RecoveryTarget Immediate = new(RecoveryTargetKind.Immediate);

    public RecoveryTargetTimeline Timeline { get; init; } = RecoveryTargetTimeline.Latest;

    /// <summary>PostgreSQL's own default is to pause. A restored server that silently takes no writes surprises more
    /// people than one that works, so the default here is to promote.</summary>
    public RecoveryTargetAction Action { get; init; } = RecoveryTargetAction.Promote;

    public static RecoveryTarget At(DateTimeOffset time) => new(RecoveryTargetKind.Time, Time: time);

    public static RecoveryTarget At(Lsn lsn) => new(RecoveryTargetKind.Lsn, Lsn: lsn);

    public static RecoveryTarget AtTransaction(uint xid) => new(RecoveryTargetKind.Xid, Xid: xid);

    public static RecoveryTarget AtRestorePoint(string name) => new(RecoveryTargetKind.Name, Name: name);

    /// <summary>For people, such as <c>time 2026-11-22 02:00:00+00</c>.</summary>
    public override string ToString() => Kind switch
    {
        RecoveryTargetKind.Time => "time " + FormatTime(Time!.Value),
        RecoveryTargetKind.Lsn => $"LSN {Lsn}",
        RecoveryTargetKind.Xid => $"transaction {Xid}",
        RecoveryTargetKind.Name => $"restore point '{Name}'",
        RecoveryTargetKind.Immediate => "the end of the base backup",
        _ => "the end of the WAL",
    };

    /// <summary>A time as PostgreSQL reads and prints it, in UTC, to the microsecond.</summary>
    public static string FormatTime(DateTimeOffset time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture) + "+00";
}
