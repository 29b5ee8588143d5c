using Highwater.EmbeddedHost.State;

namespace Highwater.EmbeddedHost.Client;

/// <summary>
/// Which lines of a failed instance's history stay when it is rewound: all but its end and the failures that led
/// there, so that a replay comes to wait for those calls. A failure that was retried stays: what follows it in history
/// would not follow from anything else.
/// </summary>
internal static class RewindPlan
{
    public static List<HistoryEvent> Kept(IReadOnlyList<HistoryEvent> past)
    {
        var undone = new HashSet<int>();
        var pausesTaken = new HashSet<int>();
        for (var at = past.Count - 1; at >= 0; at--)
        {
            if (past[at].Kind == EventKind.ExecutionFailed)
            {
                undone.Add(at);
            }
            else if (IsFailure(past[at].Kind) && !IsRetried(past, at))
            {
                Undo(past, at, undone, pausesTaken);
            }
        }

        return [.. past.Where((_, at) => !undone.Contains(at))];
    }

    public static bool IsAnswer(EventKind kind) => IsFailure(kind) || kind is EventKind.ActivityCompleted
        or EventKind.SubOrchestrationCompleted or EventKind.TimerFired;

    /// <summary>What code may be waiting for, or was when it ended.</summary>
    public static bool IsCall(EventKind kind) => kind is EventKind.ActivityScheduled
        or EventKind.SubOrchestrationCreated or EventKind.TimerCreated or EventKind.EventSent;

    private static bool IsFailure(EventKind kind) =>
        kind is EventKind.ActivityFailed or EventKind.SubOrchestrationFailed;

    private static bool IsRetried(IReadOnlyList<HistoryEvent> past, int failure)
    {
        var call = past.First(entry => IsCall(entry.Kind) && entry.TaskId == past[failure].TaskId);
        return past.Skip(failure).Any(later =>
            later.Kind == call.Kind && later.Name == call.Name && later.Data == call.Data);
    }

    /// <summary>
    /// A retry policy sets a timer after the last attempt too, due at once. It has to go with the failure, and can only
    /// if no later call stays: those are known by their numbers, which would no longer be right.
    /// </summary>
    private static void Undo(
        IReadOnlyList<HistoryEvent> past, int failure, HashSet<int> undone, HashSet<int> pausesTaken)
    {
        if (PauseAfter(past, failure, pausesTaken) is { } pause)
        {
            var id = past[pause].TaskId;
            var isLast = !past.Where((entry, at) => IsCall(entry.Kind) && entry.TaskId > id && !undone.Contains(at))
                .Any();
            if (!isLast)
            {
                return;
            }

            pausesTaken.Add(pause);
            undone.UnionWith(Enumerable.Range(0, past.Count).Where(at => past[at].TaskId == id
                && past[at].Kind is EventKind.TimerCreated or EventKind.TimerFired));
        }

        undone.Add(failure);
    }

    private static int? PauseAfter(IReadOnlyList<HistoryEvent> past, int failure, HashSet<int> taken)
    {
        var clock = past.Take(failure).Last(entry => entry.Kind == EventKind.EpisodeStarted).At;
        int? found = null;
        for (var at = failure + 1; at < past.Count && past[at].Kind != EventKind.EpisodeStarted; at++)
        {
            if (past[at].Kind == EventKind.TimerCreated && past[at].FireAt == clock && !taken.Contains(at))
            {
                // Failures are gone through backwards, so this one's is the last that is left.
                found = at;
            }
        }

        return found;
    }
}
