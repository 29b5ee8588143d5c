using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace Highwater.EmbeddedHost.Tests.Sample;

/// <summary>An orchestration whose second activity hangs until the effect file is open.</summary>
internal sealed class CrashFunctions(EffectFile effects)
{
    public const string InstanceId = "crash";

    [Function(nameof(CrashOrchestration))]
    public static async Task<string> CrashOrchestration([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        var first = await context.CallActivityAsync<string>(nameof(CrashStep), "first");
        var second = await context.CallActivityAsync<string>(nameof(CrashHangingStep), first);
        return await context.CallActivityAsync<string>(nameof(CrashStep), second + ",third");
    }

    [Function(nameof(CrashStep))]
    public string CrashStep([ActivityTrigger] string input)
    {
        effects.Add(input);
        return input;
    }

    [Function(nameof(CrashHangingStep))]
    public async Task<string> CrashHangingStep([ActivityTrigger] string input, FunctionContext context)
    {
        effects.Add("hanging");
        while (!effects.IsOpen)
        {
            await Task.Delay(20, context.CancellationToken);
        }

        return input + ",second";
    }
}
