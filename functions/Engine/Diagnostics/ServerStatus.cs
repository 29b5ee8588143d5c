using Highwater.Engine.Postgres;

namespace Highwater.Engine.Diagnostics;

/// <summary>What the server says of its WAL, and whether the repositories agree.</summary>
/// <param name="Fault">Why it could not be asked, with the remedy; then nothing below is known. Null if it
/// could.</param>
/// <param name="SystemIdentifier">Names the cluster.</param>
/// <param name="CurrentLsn">Where it writes.</param>
/// <param name="ArchiveMode">archive_mode: off, on or always.</param>
/// <param name="Archiver">What pg_stat_archiver says.</param>
/// <param name="LastArchivedAt">Where the file is that the archiver says it archived last: names of repositories, and
/// <c>spool</c>.</param>
/// <param name="WaitingSegments">How many finished segments the archiver has not taken yet; null where unknown.</param>
public sealed record ServerStatus(
    StatusFault? Fault,
    SystemIdentifier? SystemIdentifier,
    Lsn? CurrentLsn,
    string? ArchiveMode,
    ArchiverStatistics? Archiver,
    IReadOnlyList<string> LastArchivedAt,
    long? WaitingSegments)
{
    /// <summary>Whether its WAL is to come by archive_command.</summary>
    public bool MustArchive { get; init; } = true;

    /// <summary>How streaming from it goes; null where WAL is not streamed, or if it could not be asked.</summary>
    public StreamStatus? Stream { get; init; }

    /// <summary>Whether it is a standby.</summary>
    public bool InRecovery { get; init; }

    /// <summary>The segment it writes; null if it could not be asked.</summary>
    public WalSegmentName? CurrentSegment { get; init; }

    /// <summary>The newest segment that has come from it, into the spool or the first repository that could be read;
    /// null if none has, or none could be read.</summary>
    public WalSegmentName? NewestArrived { get; init; }

    /// <summary>How many segments it has finished since that one; null where unknown.</summary>
    public long? NotArrived { get; init; }

    /// <summary>archive_timeout; zero for never.</summary>
    public TimeSpan ArchiveTimeout { get; init; }
}
