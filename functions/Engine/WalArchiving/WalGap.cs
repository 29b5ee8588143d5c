using Highwater.Engine.Repository;

namespace Highwater.Engine.WalArchiving;

/// <summary>WAL that a repository lacks although it has later WAL: no recovery passes it.</summary>
/// <param name="Segments">What is missing; null if it is a history file alone.</param>
/// <param name="HistoryOf">The timeline whose history file is missing: recovery from an older timeline does not find
/// it (findNewestTimeLine in access/transam/timeline.c). Null if segments are missing.</param>
/// <param name="CutOff">The base backups whose recovery cannot pass it, oldest first.</param>
/// <param name="Since">When the first WAL beyond it reached the repository. What is still on its way looks the same for
/// a moment.</param>
/// <param name="LastStoredBefore">When the last WAL before it reached the repository, about when it begins; null if
/// there is none.</param>
/// <param name="EndedBy">The oldest restorable base backup beyond it; null if none is, and then nothing that was
/// written since can be restored.</param>
/// <param name="EndedAt">When that one ended: the first moment after the gap that can be restored.</param>
public sealed record WalGap(
    WalRange? Segments,
    uint? HistoryOf,
    IReadOnlyList<BackupId> CutOff,
    DateTimeOffset Since,
    DateTimeOffset? LastStoredBefore,
    BackupId? EndedBy,
    DateTimeOffset? EndedAt)
{
    /// <summary>Whether it is on the way to the latest state: no restorable base backup lies beyond it.</summary>
    public bool IsOpen => EndedBy is null && IsOnLatestPath;

    /// <summary>Whether the way to the latest state leads over it; if not, only that to an abandoned timeline
    /// does.</summary>
    public bool IsOnLatestPath { get; init; } = true;

    /// <summary>Another repository that has all that is missing here; null if none is known to.</summary>
    public string? HeldBy { get; init; }

    /// <summary>What is missing, as operators name it.</summary>
    public string What => Segments is { } range ? $"{range}" : $"{HistoryOf:X8}.history";

    /// <summary>Whether it has been there for so long that nothing is on its way any more. A storage whose clock is
    /// ahead must not hide it.</summary>
    public bool IsSettled(DateTimeOffset now, TimeSpan onItsWay) => (now - Since).Duration() > onItsWay;
}
