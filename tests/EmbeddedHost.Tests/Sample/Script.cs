using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace Highwater.EmbeddedHost.Tests.Sample;

/// <summary>The code of one test's orchestrations and activity, so that it stands in the test itself.</summary>
internal sealed class Script
{
    public Func<TaskOrchestrationContext, Task<object?>> Main { get; set; } = _ => Task.FromResult<object?>(null);

    public Func<TaskOrchestrationContext, Task<object?>> Sub { get; set; } = _ => Task.FromResult<object?>(null);

    public Func<string?, FunctionContext, Task<string?>> Work { get; set; } = (input, _) => Task.FromResult(input);

    public Func<TimerInfo, Task> Tick { get; set; } = _ => Task.CompletedTask;

    public Func<HttpRequest, CancellationToken, Task<object?>> Serve { get; set; } =
        (_, _) => Task.FromResult<object?>(null);
}
