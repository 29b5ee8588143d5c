namespace Highwater.EmbeddedHost.Hosting;

/// <summary>The addresses really bound: a port of 0 is known only once the server listens.</summary>
internal sealed class BoundUrls
{
    public IReadOnlyList<string> Values { get; set; } = [];
}
