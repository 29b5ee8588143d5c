using Microsoft.Azure.Functions.Worker;

namespace Highwater.EmbeddedHost.Tests.Sample;

internal sealed class TimerFunctions(Script script)
{
    [Function(nameof(Tick))]
    public Task Tick([TimerTrigger("%TICK%")] TimerInfo timer) => script.Tick(timer);

    [Function(nameof(TickAtStart))]
    public Task TickAtStart([TimerTrigger("%TICK_AT_START%", RunOnStartup = true)] TimerInfo timer) =>
        script.Tick(timer);

    [Function(nameof(TickUnmonitored))]
    public Task TickUnmonitored([TimerTrigger("%TICK_UNMONITORED%", UseMonitor = false)] TimerInfo timer) =>
        script.Tick(timer);
}
