using Highwater.EmbeddedHost.State;

namespace Highwater.EmbeddedHost.Orchestrations;

/// <summary>
/// The calls an orchestration makes, numbered in the order it makes them. During replay each one has to be the one
/// that history recorded under that number; those left over at the end are new.
/// </summary>
internal sealed class CallLedger(string orchestration, string instanceId)
{
    private readonly SortedDictionary<int, HistoryEvent> _unconfirmed = [];
    private readonly Dictionary<int, TaskCompletionSource<HistoryEvent>> _open = [];
    private int _next;

    /// <summary>Whether the code may be waiting for an answer.</summary>
    public bool AnyOpen => _open.Count > 0;

    /// <summary>Calls that history does not know yet.</summary>
    public IReadOnlyCollection<HistoryEvent> Unconfirmed => _unconfirmed.Values;

    /// <summary>Records a call; the task ends with the event that answers it.</summary>
    public TaskCompletionSource<HistoryEvent> Make(HistoryEvent call)
    {
        var answer = new TaskCompletionSource<HistoryEvent>();
        _open.Add(_next, answer);
        _unconfirmed.Add(_next, call with { TaskId = _next });
        _next++;
        return answer;
    }

    /// <summary>Records a call that nobody answers.</summary>
    public void MakeWithoutAnswer(HistoryEvent call)
    {
        _unconfirmed.Add(_next, call with { TaskId = _next });
        _next++;
    }

    /// <param name="recorded">A call that history has.</param>
    /// <param name="end">How the code ended, if it has: then it makes no more calls.</param>
    /// <exception cref="NonDeterminismException">The code did not make the recorded call.</exception>
    public void Confirm(HistoryEvent recorded, string? end)
    {
        if (!_unconfirmed.Remove(recorded.TaskId!.Value, out var made))
        {
            throw Broken(Describe(recorded), end is null ? "no such call" : $"no such call: it {end}");
        }

        if (made.Kind != recorded.Kind || !string.Equals(made.Name, recorded.Name, StringComparison.OrdinalIgnoreCase))
        {
            throw Broken(Describe(recorded), Describe(made));
        }
    }

    /// <exception cref="NonDeterminismException">The code made a call that history does not have.</exception>
    public void EnsureAllConfirmed()
    {
        if (_unconfirmed.Count > 0)
        {
            throw Broken("that no call was made there", Describe(_unconfirmed.Values.First()));
        }
    }

    public void Answer(HistoryEvent answer)
    {
        // A cancelled timer is answered all the same, when it is due.
        if (_open.Remove(answer.TaskId!.Value, out var waiting))
        {
            waiting.TrySetResult(answer);
        }
    }

    public void Cancel(TaskCompletionSource<HistoryEvent> answer, CancellationToken cancellation)
    {
        foreach (var (id, waiting) in _open)
        {
            if (waiting == answer)
            {
                _open.Remove(id);
                break;
            }
        }

        answer.TrySetCanceled(cancellation);
    }

    private NonDeterminismException Broken(string expected, string actual) =>
        new(orchestration, instanceId, expected, actual);

    private static string Describe(HistoryEvent call)
    {
        var what = call.Kind switch
        {
            EventKind.ActivityScheduled => $"a call of activity '{call.Name}'",
            EventKind.SubOrchestrationCreated => $"a call of sub-orchestration '{call.Name}'",
            EventKind.TimerCreated => "a timer",
            EventKind.EventSent => $"the sending of event '{call.Name}'",
            _ => call.Kind.ToString(),
        };
        return $"{what} (#{call.TaskId})";
    }
}
