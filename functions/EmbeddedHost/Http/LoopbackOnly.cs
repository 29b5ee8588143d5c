using System.Net;
using Microsoft.AspNetCore.Http;

namespace Highwater.EmbeddedHost.Http;

/// <summary>
/// What keeps a host without a key to its own machine: it serves loopback addresses only, and answers neither other
/// host names nor pages of other sites, through which a browser could be made to call it.
/// </summary>
internal static class LoopbackOnly
{
    /// <exception cref="AddressRefusedException">The address is not a loopback one.</exception>
    public static void Require(string url)
    {
        var host = BindingAddress.Parse(url).Host;
        if (!IsLoopback(host))
        {
            throw new AddressRefusedException(url);
        }
    }

    public static async Task Filter(HttpContext context, RequestDelegate next)
    {
        var origin = context.Request.Headers.Origin.ToString();
        var isForeign = origin.Length > 0
            && !(Uri.TryCreate(origin, UriKind.Absolute, out var page) && IsLoopback(page.Host));
        if (isForeign || !IsLoopback(context.Request.Host.Host))
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return;
        }

        await next(context);
    }

    private static bool IsLoopback(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
