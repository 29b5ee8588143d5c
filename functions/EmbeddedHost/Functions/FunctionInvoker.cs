using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;

namespace Highwater.EmbeddedHost.Functions;

/// <summary>Prepares invocations: a service scope, the function's class, its arguments.</summary>
internal sealed class FunctionInvoker(IServiceProvider services)
{
    /// <param name="entry">The function.</param>
    /// <param name="bind">Gives the value of a parameter that only the trigger knows.</param>
    /// <param name="bindingData">What the function finds in its binding context.</param>
    /// <param name="cancellation">Cancelled when the function should stop.</param>
    public Invocation Begin(
        FunctionEntry entry,
        Func<ParameterInfo, HostFunctionContext, object?> bind,
        IReadOnlyDictionary<string, object?> bindingData,
        CancellationToken cancellation)
    {
        var scope = services.CreateAsyncScope();
        var context = new HostFunctionContext(entry, scope.ServiceProvider, bindingData, cancellation);
        return new Invocation(entry, scope, context, parameter => Argument(parameter, context, bind));
    }

    private static object? Argument(
        ParameterInfo parameter, HostFunctionContext context, Func<ParameterInfo, HostFunctionContext, object?> bind)
    {
        if (parameter.ParameterType == typeof(FunctionContext))
        {
            return context;
        }

        if (parameter.ParameterType == typeof(CancellationToken))
        {
            return context.CancellationToken;
        }

        return parameter.IsDefined(typeof(DurableClientAttribute))
            ? context.InstanceServices.GetRequiredService<DurableTaskClient>()
            : bind(parameter, context);
    }
}
