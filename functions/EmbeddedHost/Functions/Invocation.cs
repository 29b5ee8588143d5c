using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace Highwater.EmbeddedHost.Functions;

/// <summary>One run of one function, in its own service scope.</summary>
internal sealed class Invocation(
    FunctionEntry entry, AsyncServiceScope scope, HostFunctionContext context, Func<ParameterInfo, object?> bind)
    : IAsyncDisposable, IDisposable
{
    public HostFunctionContext Context => context;

    /// <summary>Calls the method on this thread; what it returns may be a task that has not ended.</summary>
    public object? Start()
    {
        var method = entry.Method;
        var target = method.IsStatic
            ? null
            : ActivatorUtilities.CreateInstance(context.InstanceServices, method.ReflectedType!);
        var arguments = entry.Parameters.Select(bind).ToArray();
        return method.Invoke(target, BindingFlags.DoNotWrapExceptions, binder: null, arguments, culture: null);
    }

    /// <summary>Calls the method and waits; null for a method without a result.</summary>
    public async Task<object?> RunAsync()
    {
        var returned = Start();
        if (returned is not Task task)
        {
            return returned;
        }

        await task;
        return ResultOf(task);
    }

    /// <summary>The result of a task that has ended well, if the method promises one.</summary>
    public object? ResultOf(Task task) => entry.Method.ReturnType is { IsGenericType: true }
        ? task.GetType().GetProperty(nameof(Task<>.Result))!.GetValue(task)
        : null;

    public ValueTask DisposeAsync() => scope.DisposeAsync();

    // A scope may hold services that can only be disposed asynchronously.
    public void Dispose() => scope.DisposeAsync().AsTask().GetAwaiter().GetResult();
}
