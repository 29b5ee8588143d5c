using System.Reflection;
using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

namespace Highwater.EmbeddedHost.Functions;

/// <summary>
/// One function of the app: its name, its method and the parameter that carries its trigger.
/// <para><see cref="TriggerParameter"/> is one of <see cref="Parameters"/>. They are read once and kept, because
/// reflection that is asked by two threads at a time hands out different objects for one parameter.</para>
/// </summary>
internal sealed record FunctionEntry(
    string Name,
    FunctionKind Kind,
    MethodInfo Method,
    IReadOnlyList<ParameterInfo> Parameters,
    ParameterInfo TriggerParameter,
    TriggerBindingAttribute Trigger)
{
    /// <summary>The name orchestrations call it by, if its trigger gives it another one.</summary>
    public string? Alias { get; init; }

    public string EntryPoint => $"{Method.DeclaringType!.FullName}.{Method.Name}";
}
