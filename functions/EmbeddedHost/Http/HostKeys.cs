using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Azure.Functions.Worker;

namespace Highwater.EmbeddedHost.Http;

/// <summary>
/// Who a caller is, by the key in the header <c>x-functions-key</c> or the query's <c>code</c>. The host's key opens
/// everything. The system key follows from it and opens the Durable HTTP API alone, so that links to an instance,
/// which carry a key, do not give away the host's.
/// </summary>
internal sealed class HostKeys
{
    private readonly byte[]? _hostDigest;
    private readonly byte[]? _systemDigest;

    public HostKeys(EmbeddedHostOptions options)
    {
        if (options.Key is { } key)
        {
            var system = HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), "durabletask_extension"u8);
            System = WebEncoders.Base64UrlEncode(system);
            _hostDigest = Digest(key);
            _systemDigest = Digest(System);
        }
    }

    /// <summary>The key of the Durable HTTP API; null when no caller needs one.</summary>
    public string? System { get; }

    /// <returns>Null when the caller may; otherwise the status to refuse with.</returns>
    public int? Refuses(HttpRequest request, AuthorizationLevel required)
    {
        if (required == AuthorizationLevel.Anonymous || _hostDigest is null)
        {
            return null;
        }

        var shown = Digest(
            request.Headers["x-functions-key"].FirstOrDefault() ?? request.Query["code"].FirstOrDefault() ?? "");

        // Digests are of one length, so that the time it takes says nothing of the key, not even how long it is.
        var isHost = CryptographicOperations.FixedTimeEquals(shown, _hostDigest);
        var isSystem = CryptographicOperations.FixedTimeEquals(shown, _systemDigest);
        if (isHost || (isSystem && required == AuthorizationLevel.System))
        {
            return null;
        }

        return isSystem ? StatusCodes.Status403Forbidden : StatusCodes.Status401Unauthorized;
    }

    /// <summary>An endpoint filter that lets nobody through without the key.</summary>
    public Func<EndpointFilterInvocationContext, EndpointFilterDelegate, ValueTask<object?>> Require(
        AuthorizationLevel required) => async (context, next) =>
    {
        if (Refuses(context.HttpContext.Request, required) is { } status)
        {
            Refuse(context.HttpContext.Response, status);
            return Results.Empty;
        }

        return await next(context);
    };

    public static void Refuse(HttpResponse response, int status)
    {
        response.StatusCode = status;
        if (status == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }
    }

    private static byte[] Digest(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
