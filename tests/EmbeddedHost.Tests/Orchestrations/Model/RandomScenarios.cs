using CsCheck;

namespace Highwater.EmbeddedHost.Tests.Orchestrations.Model;

/// <summary>Random programs with random things done to them. Times are whole seconds, most of them even.</summary>
internal static class RandomScenarios
{
    private const int Deepest = 3;

    private static readonly string[] SharedEvents = ["go", "word"];

    private static readonly Gen<Retrying?> GenRetry = Gen.Select(
        Gen.Int[0, 5], Gen.Int[1, 3], Gen.Int[1, 2], Gen.Int[1, 2], Gen.Int[0, 2], Gen.Int[0, 3])
        .Select((kind, attempts, first, backoff, longest, rest) => kind < 2
            ? null
            : new Retrying(
                kind < 4 ? RetryKind.Policy : (RetryKind)(kind - 3),
                attempts, 2 * first, backoff, (2 * first) + (2 * longest), rest == 1 ? 6 : 0, rest == 2));

    private static readonly Gen<Step> GenActivity = Gen.Select(
        GenRetry, Gen.Int[0, 12], Gen.Int[0, 14])
        .Select((retry, down, missing) => new Step(StepKind.Activity)
        {
            Retry = retry, DownUntil = down < 6 ? 0 : 2 * (down - 5), Missing = missing == 0,
        });

    private static readonly Gen<Step> GenTimer =
        Gen.Int[0, 5].Select(half => new Step(StepKind.Timer) { Seconds = 2 * half });

    private static readonly Gen<Step> GenEvent = Gen.Select(Gen.Int[0, 2], Gen.Int[0, 3])
        .Select((name, half) => new Step(StepKind.Event)
        {
            Tag = name < 2 ? SharedEvents[name] : "", Seconds = 4 * half,
        });

    /// <summary>Names of tags are given later: here an empty one means one of its own.</summary>
    private static readonly Gen<(DriverActionKind Kind, int Gap, int Name)> GenAction = Gen.Select(
        Gen.Frequency(
            (6, Gen.Const(DriverActionKind.Raise)),
            (3, Gen.Const(DriverActionKind.Suspend)),
            (1, Gen.Const(DriverActionKind.Restart)),
            (1, Gen.Int[4, 5].Select(kind => (DriverActionKind)kind))),
        Gen.Int[1, 6],
        Gen.Int[0, 99]);

    public static Gen<Scenario> All { get; } = Gen.Select(
        Gen.Select(GenSequence(Deepest, inSub: false, alone: true), Gen.Bool).Array[1, 3],
        GenAction.Array[0, 8],
        Gen.Int[1, 12].Array[0, 4]).Select((rounds, actions, kills) =>
        {
            var names = new Naming();
            var named = rounds.Select(round => new Round(names.Give(round.Item1), round.Item2)).ToArray();
            return new Scenario(named, Schedule(actions, names.Events), kills);
        });

    /// <summary>
    /// A wait is only in the root, where events go; one that shares its name with others is only where steps run one
    /// after the other, and so is a status.
    /// </summary>
    private static Gen<Step> GenStep(int depth, bool inSub, bool alone)
    {
        List<(int, Gen<Step>)> kinds =
        [
            (6, GenActivity),
            (1, GenActivity.Select(activity => activity with { Kind = StepKind.Forgotten, Retry = null })),
            (4, GenTimer),
            (1, Gen.Const(new Step(StepKind.Fail))),
        ];
        if (!inSub)
        {
            kinds.Add((6, alone ? GenEvent : GenEvent.Select(wait => wait with { Tag = "" })));
        }

        if (alone && !inSub)
        {
            kinds.Add((1, Gen.Const(new Step(StepKind.Status))));
        }

        if (depth > 0)
        {
            kinds.Add((2, GenStep(depth - 1, inSub, alone: false).Array[2, 4]
                .Select(steps => new Step(StepKind.Parallel) { Steps = steps })));
            kinds.Add((2, GenSequence(depth - 1, inSub, alone)));
            kinds.Add((3, GenStep(depth - 1, inSub, alone)
                .Select(step => new Step(StepKind.Try) { Steps = [step] })));
            kinds.Add((2, Gen.Select(GenSequence(depth - 1, inSub: true, alone), GenRetry, Gen.Bool)
                .Select((body, retry, name) => new Step(StepKind.Sub)
                {
                    // A handler without a pause would run the same effects again in the same second.
                    Steps = [body], Named = name, Retry = retry?.Kind == RetryKind.Handler ? null : retry,
                })));
        }

        return Gen.Frequency([.. kinds]);
    }

    private static Gen<Step> GenSequence(int depth, bool inSub, bool alone) =>
        GenStep(depth, inSub, alone).Array[1, 4].Select(steps => new Step(StepKind.Sequence) { Steps = steps });

    private static DriverAction[] Schedule((DriverActionKind Kind, int Gap, int Name)[] drawn, List<string> events)
    {
        var actions = new List<DriverAction>();
        var (second, suspended) = (0, false);
        foreach (var (kind, gap, name) in drawn)
        {
            second += gap;
            var toggles = kind == DriverActionKind.Suspend;
            var done = toggles && suspended ? DriverActionKind.Resume : kind;
            suspended ^= toggles;
            var raised = events.Count == 0 ? SharedEvents[0] : events[name % events.Count];
            actions.Add(new DriverAction(second, done, name % 2 == 0 ? raised : raised.ToUpperInvariant()));
        }

        if (suspended)
        {
            actions.Add(new DriverAction(second + 5, DriverActionKind.Resume, ""));
        }

        return [.. actions];
    }
}
