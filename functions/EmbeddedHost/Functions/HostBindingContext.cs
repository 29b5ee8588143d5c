using Microsoft.Azure.Functions.Worker;

namespace Highwater.EmbeddedHost.Functions;

internal sealed class HostBindingContext(IReadOnlyDictionary<string, object?> data) : BindingContext
{
    public override IReadOnlyDictionary<string, object?> BindingData { get; } = data;
}
