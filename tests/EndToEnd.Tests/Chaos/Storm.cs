using System.Globalization;

namespace Highwater.EndToEnd.Tests.Chaos;

/// <summary>
/// Disturbances one after another and over one another, in an order that a seed decides: each of them once, and then
/// any of them while there is time. What they hit is decided by the machine as well: the same seed brings the same
/// storm, not the same instants.
/// </summary>
internal sealed class Storm(int seed, IReadOnlyList<Disturbance> disturbances)
{
    private const int LongestPauseMilliseconds = 1000;
    private const int ShortestMilliseconds = 500;
    private const int LongestMilliseconds = 6000;

    private readonly List<string> _log = [];
    private readonly List<(Disturbance What, TimeSpan Until)> _underWay = [];
    private readonly long _started = TimeProvider.System.GetTimestamp();

    /// <summary>What was done, and when.</summary>
    public string Log => string.Join('\n', _log);

    /// <summary>Disturbs for so long, or until each disturbance has had its turn, and heals everything in the
    /// end.</summary>
    public async Task RunAsync(TimeSpan length, CancellationToken cancellationToken)
    {
        var random = new Random(seed);
        Disturbance[] each = [.. disturbances];
        random.Shuffle(each);
        for (var turn = 0; turn < each.Length || Elapsed < length; turn++)
        {
            // Always the same draws, whatever is under way: else the seed would not decide.
            var drawn = turn < each.Length ? each[turn] : each[random.Next(each.Length)];
            var choice = random.Next(100);
            var lasts = TimeSpan.FromMilliseconds(random.Next(ShortestMilliseconds, LongestMilliseconds));
            var pause = TimeSpan.FromMilliseconds(random.Next(LongestPauseMilliseconds));
            if (!_underWay.Exists(disturbance => disturbance.What == drawn))
            {
                Note($"{drawn.Name} ({choice})");
                await drawn.Begin(choice, cancellationToken);
                if (drawn.End is not null)
                    _underWay.Add((drawn, Elapsed + lasts));
            }

            await Task.Delay(pause, cancellationToken);
            await HealAsync(disturbance => disturbance.Until <= Elapsed, cancellationToken);
        }

        await HealAsync(_ => true, cancellationToken);
    }

    private TimeSpan Elapsed => TimeProvider.System.GetElapsedTime(_started);

    private async Task HealAsync(
        Predicate<(Disturbance What, TimeSpan Until)> which, CancellationToken cancellationToken)
    {
        foreach (var over in _underWay.FindAll(which))
        {
            Note($"{over.What.Name} is over");
            await over.What.End!(cancellationToken);
            _underWay.Remove(over);
        }
    }

    private void Note(string what) =>
        _log.Add(string.Create(CultureInfo.InvariantCulture, $"{Elapsed.TotalSeconds,7:F1} s  {what}"));
}
