using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace Highwater.EmbeddedHost.Tests.Sample;

internal static class BindingFunctions
{
    [Function(nameof(Order))]
    public static Task<string> Order([OrchestrationTrigger] TaskOrchestrationContext context, OrderInput input) =>
        context.CallActivityAsync<string>(nameof(Price), input);

    [Function(nameof(Tokens))]
    public static bool[] Tokens(
        [OrchestrationTrigger] TaskOrchestrationContext context, FunctionContext function, CancellationToken token) =>
        [function.CancellationToken.CanBeCanceled, token.CanBeCanceled];

    [Function(nameof(Price))]
    public static string Price([ActivityTrigger] OrderInput input, FunctionContext context) =>
        $"{input.Name} x {input.Items} for {context.BindingContext.BindingData["instanceId"]}";
}
