using System.Reflection;
using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

namespace Highwater.EmbeddedHost.Functions;

/// <summary>One function of the app: its name, its method and the parameter that carries its trigger.</summary>
internal sealed record FunctionEntry(
    string Name, FunctionKind Kind, MethodInfo Method, ParameterInfo TriggerParameter, TriggerBindingAttribute Trigger)
{
    /// <summary>The name orchestrations call it by, if its trigger gives it another one.</summary>
    public string? Alias { get; init; }

    public string EntryPoint => $"{Method.DeclaringType!.FullName}.{Method.Name}";
}
