namespace Highwater.Engine.Postgres;

/// <summary>What PostgreSQL hands to archive_command (documentation, "Continuous Archiving and Point-in-Time
/// Recovery").</summary>
public enum WalFileKind
{
    /// <summary>A whole WAL segment.</summary>
    Segment,

    /// <summary>The unfinished last segment of a timeline that a promotion ended: <c>….partial</c>.</summary>
    PartialSegment,

    /// <summary>A backup history file: <c>SEGMENT.OFFSET.backup</c>.</summary>
    BackupHistory,

    /// <summary>A timeline history file: <c>TIMELINE.history</c>.</summary>
    TimelineHistory,
}
