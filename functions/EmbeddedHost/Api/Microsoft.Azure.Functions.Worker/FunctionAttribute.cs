namespace Microsoft.Azure.Functions.Worker;

/// <summary>Makes a method a function; the name is how triggers, orchestrations and the admin route call it.</summary>
[AttributeUsage(AttributeTargets.Method)]
public class FunctionAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}
