using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Abstractions;
using Microsoft.AspNetCore.Routing;

namespace Highwater.EmbeddedHost.Http;

/// <summary>
/// Writes what an HTTP function returned: a result of either ASP.NET Core kind, or an object as JSON.
/// </summary>
internal static class HttpAnswer
{
    public static Task WriteAsync(HttpContext http, object? returned) => returned switch
    {
        null => Task.CompletedTask,
        IResult result => result.ExecuteAsync(http),
        IActionResult result => ExecuteAsync(http, result),
        _ => ExecuteAsync(http, new ObjectResult(returned)),
    };

    private static Task ExecuteAsync(HttpContext http, IActionResult result) =>
        result.ExecuteResultAsync(new ActionContext(http, http.GetRouteData(), new ActionDescriptor()));
}
