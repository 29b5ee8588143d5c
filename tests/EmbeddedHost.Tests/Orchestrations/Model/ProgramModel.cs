using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.Tests.Orchestrations.Model;

/// <summary>
/// Says what a scenario comes to without an engine: time is a number, a call is a call. Kills and restarts do not occur
/// here, because they must not make a difference.
/// </summary>
internal sealed class ProgramModel
{
    private readonly List<ExpectedEffect> _effects = [];
    private readonly List<(int Second, string Text)> _statuses = [];
    private readonly DriverAction[] _actions;
    private readonly Round[] _rounds;
    private readonly List<DriverAction> _raised;

    public ProgramModel(Scenario scenario)
    {
        _rounds = scenario.Rounds;
        _actions = scenario.Actions;
        _raised = [.. _actions.Where(action => action.Kind == DriverActionKind.Raise)];
    }

    public Expectation Run()
    {
        var end = RunRounds();
        var cut = _actions.FirstOrDefault(action =>
            action.Kind is DriverActionKind.Terminate or DriverActionKind.TerminateWithSubs
            && (end.End is null || end.End > action.Second));
        var last = _statuses.LastOrDefault(status => cut is null || status.Second <= cut.Second).Text;
        var effects = _effects.Where(expected => cut is null || Survives(expected, cut)).ToList();
        return (cut, end) switch
        {
            ({ }, _) => new(OrchestrationRuntimeStatus.Terminated, ["cut"], null, last, effects),
            (_, { End: null }) => new(OrchestrationRuntimeStatus.Running, [], null, last, effects),
            (_, { Failure: { } }) => new(OrchestrationRuntimeStatus.Failed, [], end.FailureOfInstance, last, effects),
            _ => new(OrchestrationRuntimeStatus.Completed, end.Log, null, last, effects),
        };
    }

    private Outcome RunRounds()
    {
        var (second, log) = (0, new List<string>());
        for (var i = 0; i < _rounds.Length; i++)
        {
            var outcome = Run(_rounds[i].Body, second, new Place().In(i));
            if (outcome.End is not { } end || outcome.Failure is not null)
            {
                return outcome;
            }

            log.AddRange(outcome.Log);
            second = end;
            if (!_rounds[i].KeepEvents && i + 1 < _rounds.Length)
            {
                _raised.RemoveAll(raised => raised.Second < end);
            }
        }

        return new Outcome(second, log);
    }

    private static bool Survives(ExpectedEffect expected, DriverAction cut) =>
        expected.Effect.Second <= cut.Second
        || (cut.Kind == DriverActionKind.Terminate && expected.Place.SubSince <= cut.Second);

    private Outcome Run(Step step, int start, Place place) => step.Kind switch
    {
        StepKind.Activity => Retry(step.Retry, start, place, (now, at) => CallActivity(step, now, at)),
        StepKind.Forgotten => CallActivity(step, start, place with { Loose = true }) with { Log = [], Failure = null },
        StepKind.Timer => Slept(Seen(start + step.Seconds, place)),
        StepKind.Event => Wait(step, start, place),
        StepKind.Status => SetStatus(step, start, place),
        StepKind.Fail => new Outcome(start, []) { Failure = Failures.Thrown(step.Tag) },
        StepKind.Sequence => RunInTurn(step, start, place),
        StepKind.Parallel => RunTogether(step, start, place),
        StepKind.Try => Try(Run(step.Steps[0], start, place)),
        StepKind.Sub => Retry(step.Retry, start, place, (now, at) => CallSub(step, now, at)),
        _ => throw new NotSupportedException($"{step.Kind}"),
    };

    private Outcome CallActivity(Step step, int now, Place place)
    {
        if (step.Missing)
        {
            return new Outcome(now, []) { Failure = Failures.Missing(step.Tag), FailedAsTask = true };
        }

        _effects.Add(new ExpectedEffect(new Effect(step.Tag, now), place));
        return now < step.DownUntil
            ? new Outcome(now, []) { Failure = Failures.Down(step.Tag), FailedAsTask = true }
            : new Outcome(now, [$"{step.Tag}@{now}"]);
    }

    private Outcome CallSub(Step step, int now, Place place)
    {
        var outcome = Run(step.Steps[0], now, place.InSub(now));
        return outcome with
        {
            End = Seen(outcome.End!.Value, place), Failure = outcome.FailureOfInstance, FailedAsTask = true,
        };
    }

    private Outcome Retry(Retrying? retry, int start, Place place, Func<int, Place, Outcome> call)
    {
        var now = start;
        for (var attempt = 1; ; attempt++)
        {
            var outcome = call(now, place.In(attempt));
            if (outcome is not { Failure: { } failure, End: { } end } || retry is null
                || failure.StartsWith("ActivityTaskNotFound", StringComparison.Ordinal))
            {
                return outcome;
            }

            if (retry.Kind == RetryKind.PausingHandler)
            {
                outcome = outcome with { End = Seen(end + retry.First, place) };
            }

            var refused = retry.Kind == RetryKind.Policy && (
                (retry.NotInputOutput && failure.StartsWith("System.IO.", StringComparison.Ordinal))
                || (retry.Timeout > 0 && end - start >= retry.Timeout));
            if (refused || attempt == retry.Attempts)
            {
                return outcome;
            }

            now = retry.Kind == RetryKind.Policy
                ? Seen(end + retry.PauseAfter(attempt), place)
                : outcome.End!.Value;
        }
    }

    private static Outcome Slept(int end) => new(end, [$"slept@{end}"]);

    private Outcome Wait(Step step, int start, Place place)
    {
        var raised = _raised.Find(action =>
            string.Equals(action.EventName, step.Tag, StringComparison.OrdinalIgnoreCase));
        var deadline = step.Seconds == 0 ? int.MaxValue : start + step.Seconds;
        if (raised is not null && (raised.Second <= start || raised.Second < deadline))
        {
            _raised.Remove(raised);
            var seen = Seen(Math.Max(start, raised.Second), place);
            return new Outcome(seen, [$"{raised.Second}@{seen}"]);
        }

        var end = Seen(deadline, place);
        return step.Seconds == 0 ? Outcome.Never : new Outcome(end, [$"no {step.Tag}@{end}"]);
    }

    private Outcome SetStatus(Step step, int now, Place place)
    {
        if (place.SubSince is null)
        {
            _statuses.Add((now, step.Tag));
        }

        return new Outcome(now, []);
    }

    private Outcome RunInTurn(Step step, int start, Place place)
    {
        var (now, log) = (start, new List<string>());
        for (var i = 0; i < step.Steps.Length; i++)
        {
            var outcome = Run(step.Steps[i], now, place.In(i));
            if (outcome.End is not { } end || outcome.Failure is not null)
            {
                return outcome;
            }

            log.AddRange(outcome.Log);
            now = end;
        }

        return new Outcome(now, log);
    }

    private Outcome RunTogether(Step step, int start, Place place)
    {
        var all = step.Steps.Select((child, i) => Run(child, start, place.In(i, ordered: false))).ToList();
        if (all.Exists(outcome => outcome.End is null))
        {
            return Outcome.Never;
        }

        var first = all.Find(outcome => outcome.Failure is not null);
        return new Outcome(all.Max(outcome => outcome.End), [.. all.SelectMany(outcome => outcome.Log)])
        {
            Failure = first?.Failure,
            FailedAsTask = first?.FailedAsTask ?? false,
        };
    }

    private static Outcome Try(Outcome tried) =>
        tried.Failure is { } failure ? new Outcome(tried.End, [$"caught {failure}"]) : tried;

    /// <summary>While the root is suspended it sees nothing; what is due then it sees when it is resumed.</summary>
    private int Seen(int due, Place place)
    {
        var before = _actions.LastOrDefault(action => action.Second < due
            && action.Kind is DriverActionKind.Suspend or DriverActionKind.Resume);
        return place.SubSince is null && before is { Kind: DriverActionKind.Suspend }
            ? _actions.First(action => action.Kind == DriverActionKind.Resume && action.Second > before.Second).Second
            : due;
    }
}
