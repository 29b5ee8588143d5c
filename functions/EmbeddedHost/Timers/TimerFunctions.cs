using Highwater.EmbeddedHost.Functions;
using Highwater.EmbeddedHost.State;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.Timers;

/// <summary>
/// The timer functions of the app. One whose schedule cannot be read is left out, and the log says so.
/// </summary>
internal sealed class TimerFunctions(
    FunctionIndex functions,
    FunctionInvoker invoker,
    StateDatabase database,
    IConfiguration configuration,
    TimeProvider time,
    ILogger<TimerFunctions> log)
{
    private readonly Lazy<Dictionary<string, TimerListener>> _listeners =
        new(() => Listeners(functions, invoker, database, configuration, time, log));

    public IEnumerable<TimerListener> All => _listeners.Value.Values;

    public TimerListener? Find(string function) => _listeners.Value.GetValueOrDefault(function);

    private static Dictionary<string, TimerListener> Listeners(
        FunctionIndex functions,
        FunctionInvoker invoker,
        StateDatabase database,
        IConfiguration configuration,
        TimeProvider time,
        ILogger log)
    {
        if (UnknownZone.Named(Environment.GetEnvironmentVariable("TZ")) is { } zone)
        {
            TimerLog.UnknownZone(log, zone);
        }

        var listeners = new Dictionary<string, TimerListener>(StringComparer.OrdinalIgnoreCase);
        foreach (var entry in functions.Of(FunctionKind.Timer))
        {
            if (entry.DisabledBy(configuration) is { } setting)
            {
                TimerLog.Disabled(log, entry.Name, setting);
                continue;
            }

            try
            {
                var text = ((TimerTriggerAttribute)entry.Trigger).Schedule;
                var schedule = ScheduleText.Parse(text, configuration, time.LocalTimeZone);
                listeners[entry.Name] = new TimerListener(entry, schedule, database, invoker, time, log);
            }
            catch (ArgumentException e)
            {
                TimerLog.InError(log, entry.Name, e.Message);
            }
        }

        return listeners;
    }
}
