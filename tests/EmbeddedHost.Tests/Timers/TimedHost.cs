using System.Collections.Concurrent;
using Highwater.EmbeddedHost.State;
using Highwater.EmbeddedHost.Tests.Sample;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Highwater.EmbeddedHost.Tests.Timers;

/// <summary>
/// A host with timer functions under a clock that is moved by hand, each time exactly to where the next run is due.
/// </summary>
internal sealed class TimedHost : IAsyncDisposable
{
    public static readonly DateTime Noon = new(2026, 3, 10, 12, 0, 0);

    private readonly ConcurrentQueue<TimerInfo> _runs = [];
    private TestHost? _host;
    private int _starts;

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(Noon, TimeSpan.Zero));

    public LogLines Log { get; } = new();

    public TestHost Host => _host!;

    /// <summary>What each run was told.</summary>
    public IReadOnlyList<TimerInfo> Runs => [.. _runs];

    /// <summary>What runs in the function.</summary>
    public Func<Task> Code { get; set; } = () => Task.CompletedTask;

    public IEnumerable<DateTime> Due => _runs.Select(run => run.ScheduleStatus!.Next);

    /// <param name="schedule">Of the one function that runs.</param>
    /// <param name="setting">Which function that is: the setting its trigger names.</param>
    /// <param name="prepare">Changes things before the start.</param>
    public static async Task<TimedHost> StartNewAsync(
        string schedule, string setting = "TICK", Action<TimedHost, TestHost>? prepare = null)
    {
        var timed = new TimedHost();
        timed._host = await TestHost.StartNewAsync(host =>
        {
            host.Options = host.Options with { TimeProvider = timed.Time, Timers = true };
            host.Logging = logging => logging.AddProvider(timed.Log);
            host.Settings[setting] = schedule;
            host.Script.Tick = info =>
            {
                timed._runs.Enqueue(info);
                return timed.Code();
            };
            prepare?.Invoke(timed, host);
        });
        await timed.UntilListeningAsync();
        return timed;
    }

    public async Task RestartAsync(TimeSpan pause)
    {
        await Host.StopAsync();
        Time.Advance(pause);
        await StartAsync();
    }

    public async Task StartAsync()
    {
        await Host.StartAsync();
        await UntilListeningAsync();
    }

    /// <summary>Moves the clock to the next run of a monitored function, and waits until it has begun.</summary>
    public async Task NextRunAsync(string function = "Tick")
    {
        var runs = _runs.Count;
        await UntilSettledAsync(function);
        Time.SetUtcNow(Status(function)!.Next);
        await UntilRunsAsync(runs + 1);
    }

    /// <summary>Waits until the last run is remembered and the next one is ahead.</summary>
    public Task UntilSettledAsync(string function = "Tick") =>
        TestHost.UntilAsync(() => Status(function) is { } status
            && status.Next > Time.GetUtcNow() && (_runs.IsEmpty || status.HasRun));

    public Task UntilRunsAsync(int count) => TestHost.UntilAsync(() => _runs.Count >= count);

    /// <summary>Lets minutes go by until there were so many runs.</summary>
    public Task AdvanceToRunsAsync(int count) =>
        TestHost.AdvanceUntilAsync(Time, () => _runs.Count >= count, TimeSpan.FromMinutes(1));

    public async Task UntilLoggedAsync(string message, int times = 1) =>
        await TestHost.UntilAsync(() => Log.Of(message).Count() >= times);

    public ValueTask DisposeAsync() => Host.DisposeAsync();

    private ScheduleRow? Status(string function) =>
        Host.Host.Services.GetRequiredService<StateDatabase>().Read(session => session.FindSchedule(function));

    // Listeners start beside the host; before one knows what time it is, the clock must not be moved.
    private Task UntilListeningAsync()
    {
        _starts++;
        return TestHost.UntilAsync(
            () => Log.All.Count(line => line.Contains("; next at ", StringComparison.Ordinal)) >= _starts);
    }
}
