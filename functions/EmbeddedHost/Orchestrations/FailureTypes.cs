using System.Collections.Concurrent;

namespace Highwater.EmbeddedHost.Orchestrations;

/// <summary>Finds the exception type behind a name in history, so that base types can be asked for.</summary>
internal static class FailureTypes
{
    private static readonly ConcurrentDictionary<string, Type> Found = new();

    /// <summary>Null when no loaded assembly has it: history can be older than the program.</summary>
    public static Type? Find(string fullName)
    {
        if (Found.TryGetValue(fullName, out var known))
        {
            return known;
        }

        var type = AppDomain.CurrentDomain.GetAssemblies()
            .Select(assembly => assembly.GetType(fullName))
            .FirstOrDefault(candidate => candidate is not null);
        if (type is not null)
        {
            Found[fullName] = type;
        }

        return type;
    }
}
