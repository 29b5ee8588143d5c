using System.Globalization;
using Microsoft.Extensions.Time.Testing;

namespace Highwater.CrashTarget;

/// <summary>
/// The scenario's time. It stands still while there is something to do, so that a scenario takes the same course each
/// time, and it survives the process: a timer that was pending is still pending.
/// </summary>
public sealed class VirtualClock
{
    private static readonly DateTimeOffset Start = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);

    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly FakeTimeProvider _time;
    private readonly List<DateTimeOffset> _sleepers = [];

    public VirtualClock(string directory)
    {
        _path = Path.Combine(directory, "clock");
        var now = File.Exists(_path)
            ? new DateTimeOffset(long.Parse(File.ReadAllText(_path), CultureInfo.InvariantCulture), TimeSpan.Zero)
            : Start;
        _time = new FakeTimeProvider(now);
    }

    public TimeProvider Time => _time;

    /// <summary>Since the start of the scenario.</summary>
    public TimeSpan Elapsed => _time.GetUtcNow() - Start;

    /// <summary>How many activities wait for time to pass.</summary>
    public int Sleeping
    {
        get
        {
            lock (_gate)
                return _sleepers.Count;
        }
    }

    public Task SleepAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var sleep = Task.Delay(duration, _time, cancellationToken);
            _sleepers.Add(_time.GetUtcNow() + duration);
            return sleep;
        }
    }

    /// <summary>Lets the time go by to the timer, or to the first of those who sleep if that is earlier.</summary>
    /// <returns>False when there is neither: time will change nothing.</returns>
    public bool TryAdvanceTo(DateTimeOffset? timer)
    {
        DateTimeOffset next;
        lock (_gate)
        {
            next = _sleepers.Append(timer ?? DateTimeOffset.MaxValue).Min();
            _sleepers.RemoveAll(due => due <= next);
        }

        if (next == DateTimeOffset.MaxValue)
            return false;
        File.WriteAllText(_path, next.UtcTicks.ToString(CultureInfo.InvariantCulture));
        _time.SetUtcNow(next);
        return true;
    }
}
