using Highwater.EmbeddedHost.Functions;
using Highwater.EmbeddedHost.Orchestrations;
using Highwater.EmbeddedHost.Timers;
using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.Http;

/// <summary>
/// Runs a timer or activity function because an operator asked for it. Only the log learns the outcome.
/// </summary>
internal sealed class FunctionByHand(TimerFunctions timers, FunctionInvoker invoker, ILogger<FunctionByHand> log)
{
    public void Start(FunctionEntry entry, string? input, CancellationToken stopping)
    {
        HttpLog.RunByHand(log, entry.Name);
        _ = Task.Run(() => RunAsync(entry, input, stopping), stopping);
    }

    private async Task RunAsync(FunctionEntry entry, string? input, CancellationToken stopping)
    {
        try
        {
            await (entry.Kind switch
            {
                FunctionKind.Timer when timers.Find(entry.Name) is { } timer => timer.RunNowAsync(stopping),
                FunctionKind.Activity => RunActivityAsync(entry, input, stopping),
                _ => throw new InvalidOperationException($"'{entry.Name}' cannot be run by hand."),
            });
        }
#pragma warning disable CA1031 // The caller was answered long ago.
        catch (Exception e)
#pragma warning restore CA1031
        {
            HttpLog.RunByHandFailed(log, entry.Name, e);
        }
    }

    private async Task RunActivityAsync(FunctionEntry entry, string? input, CancellationToken stopping)
    {
        await using var invocation = invoker.Begin(
            entry,
            (parameter, _) => JsonData.Converter.Deserialize(input, parameter.ParameterType),
            new Dictionary<string, object?>(),
            stopping);
        await invocation.RunAsync();
    }
}
