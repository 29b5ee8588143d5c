using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace Highwater.EmbeddedHost.Tests.Sample;

internal sealed class ScriptedFunctions(Script script)
{
    [Function("Main")]
    public Task<object?> Main([OrchestrationTrigger] TaskOrchestrationContext context) => script.Main(context);

    [Function("Sub")]
    public Task<object?> Sub([OrchestrationTrigger] TaskOrchestrationContext context) => script.Sub(context);

    [Function("Work")]
    public Task<string?> Work([ActivityTrigger] string? input, FunctionContext context) => script.Work(input, context);

    [Function("Serve")]
    public Task<object?> Serve(
        [HttpTrigger(AuthorizationLevel.Anonymous)] HttpRequest request, CancellationToken cancellation) =>
        script.Serve(request, cancellation);
}
