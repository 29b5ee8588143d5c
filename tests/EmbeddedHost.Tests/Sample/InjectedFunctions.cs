using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace Highwater.EmbeddedHost.Tests.Sample;

/// <summary>A class that is constructed for each call, with services of the call's own scope.</summary>
internal sealed class InjectedFunctions(ScopedTrace trace)
{
    [Function(nameof(Injected))]
    public async Task<string> Injected(
        [OrchestrationTrigger] TaskOrchestrationContext context, FunctionContext function)
    {
        trace.Add($"orchestration {trace.IsOf(function)}");
        return await context.CallActivityAsync<string>(nameof(InjectedStep), 7);
    }

    [Function(nameof(InjectedStep))]
    public string InjectedStep([ActivityTrigger] int input, FunctionContext function, CancellationToken token)
    {
        trace.Add($"activity {trace.IsOf(function)}");
        return string.Join(
            ' ',
            input,
            function.FunctionDefinition.Name,
            Guid.TryParse(function.InvocationId, out _),
            token == function.CancellationToken && token.CanBeCanceled);
    }

    [Function(nameof(Quiet))]
    public void Quiet([ActivityTrigger] object? input) => trace.Add("void");
}
