using Microsoft.Azure.Functions.Worker;

namespace Highwater.EmbeddedHost.Functions;

internal sealed class HostFunctionDefinition(FunctionEntry entry) : FunctionDefinition
{
    public override string PathToAssembly => entry.Method.Module.Assembly.Location;

    public override string EntryPoint => entry.EntryPoint;

    // One assembly per host: the name is already unique.
    public override string Id => entry.Name;

    public override string Name => entry.Name;
}
