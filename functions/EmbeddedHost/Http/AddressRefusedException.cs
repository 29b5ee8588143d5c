namespace Highwater.EmbeddedHost.Http;

/// <summary>The address can be reached from other machines, and no key guards it.</summary>
public sealed class AddressRefusedException(string url) : InvalidOperationException(
    $"Refusing to serve '{url}': it can be reached from other machines, and no key is set. "
    + "Set HIGHWATER_KEY to a long random text that callers send as x-functions-key, or serve a loopback address "
    + "such as http://127.0.0.1:7071.")
{
    public string Url { get; } = url;
}
