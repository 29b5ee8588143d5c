using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

namespace Highwater.EmbeddedHost.Functions;

/// <summary>The functions of an assembly, by name. Names are compared without regard to case.</summary>
internal sealed class FunctionIndex
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private readonly Dictionary<string, FunctionEntry> _byName = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<(FunctionKind, string), FunctionEntry> _byKind = [];

    /// <exception cref="InvalidOperationException">Two functions share a name, or one has no trigger.</exception>
    public FunctionIndex(Assembly app)
    {
        foreach (var method in app.GetTypes().SelectMany(type => type.GetMethods(Declared)))
        {
            if (method.GetCustomAttribute<FunctionAttribute>() is { } function)
            {
                Add(EntryFor(function.Name, method));
            }
        }
    }

    public IReadOnlyCollection<FunctionEntry> All => _byName.Values;

    public FunctionEntry? Find(string name) => _byName.GetValueOrDefault(name);

    public FunctionEntry? Find(FunctionKind kind, string name) => _byKind.GetValueOrDefault(Key(kind, name));

    public IEnumerable<FunctionEntry> Of(FunctionKind kind) => All.Where(entry => entry.Kind == kind);

    private void Add(FunctionEntry entry)
    {
        if (!_byName.TryAdd(entry.Name, entry)
            || !_byKind.TryAdd(Key(entry.Kind, entry.Alias ?? entry.Name), entry))
        {
            throw new InvalidOperationException(
                $"The function name '{entry.Name}' is used twice; {entry.EntryPoint} is the second one.");
        }
    }

    private static (FunctionKind Kind, string Name) Key(FunctionKind kind, string name) =>
        (kind, name.ToUpperInvariant());

    private static FunctionEntry EntryFor(string name, MethodInfo method)
    {
        var parameters = method.GetParameters();
        var triggers = parameters
            .Select(parameter => (parameter, trigger: parameter.GetCustomAttribute<TriggerBindingAttribute>()))
            .Where(pair => pair.trigger is not null)
            .ToList();
        if (triggers is not [var (parameter, trigger)])
        {
            throw new InvalidOperationException(
                $"The function '{name}' ({method.DeclaringType}.{method.Name}) has {triggers.Count} triggers; "
                + "it needs exactly one.");
        }

        var (kind, alias) = trigger switch
        {
            OrchestrationTriggerAttribute orchestration => (FunctionKind.Orchestration, orchestration.Orchestration),
            ActivityTriggerAttribute activity => (FunctionKind.Activity, activity.Activity),
            TimerTriggerAttribute => (FunctionKind.Timer, null),
            HttpTriggerAttribute => (FunctionKind.Http, null),
            _ => throw new InvalidOperationException(
                $"The function '{name}' has a {trigger!.GetType().Name}, which the embedded host does not support."),
        };
        return new FunctionEntry(name, kind, method, parameters, parameter, trigger) { Alias = alias };
    }
}
