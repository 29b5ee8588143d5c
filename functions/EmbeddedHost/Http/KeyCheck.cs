using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Highwater.EmbeddedHost.Http;

/// <summary>
/// Whether a caller has shown the key, in the header <c>x-functions-key</c> or the query's <c>code</c>.
/// </summary>
internal sealed class KeyCheck(string? key)
{
    public bool IsOn => key is not null;

    public bool Passes(HttpRequest request)
    {
        if (key is null)
        {
            return true;
        }

        var shown = request.Headers["x-functions-key"].FirstOrDefault() ?? request.Query["code"].FirstOrDefault() ?? "";
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(shown), Encoding.UTF8.GetBytes(key));
    }

    /// <summary>An endpoint filter: 401 without the key.</summary>
    public async ValueTask<object?> Filter(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        if (!Passes(context.HttpContext.Request))
        {
            context.HttpContext.Response.Headers.WWWAuthenticate = "Bearer";
            return Results.StatusCode(StatusCodes.Status401Unauthorized);
        }

        return await next(context);
    }
}
