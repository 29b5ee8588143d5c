using System.ComponentModel;
using System.Reflection;
using System.Text.Json;
using Highwater.EmbeddedHost.Functions;
using Highwater.EmbeddedHost.Orchestrations;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker.Http;

namespace Highwater.EmbeddedHost.Http;

/// <summary>The arguments of an HTTP function: the request, its body, and values of the route and the query.</summary>
internal static class HttpArguments
{
    /// <summary>
    /// The body as text, if the function wants it bound; null otherwise, so that it can read it itself.
    /// </summary>
    public static async Task<string?> ReadBodyAsync(
        FunctionEntry entry, HttpRequest request, CancellationToken cancellation)
    {
        var wanted = entry.Parameters.Any(parameter => IsBody(parameter, entry));
        if (!wanted)
        {
            return null;
        }

        using var reader = new StreamReader(request.Body, leaveOpen: true);
        return await reader.ReadToEndAsync(cancellation);
    }

    /// <exception cref="BadHttpRequestException">A value is not of the parameter's type.</exception>
    public static object? Value(ParameterInfo parameter, FunctionEntry entry, HttpContext http, string? body)
    {
        if (parameter.ParameterType == typeof(HttpRequest))
        {
            return http.Request;
        }

        if (parameter.ParameterType == typeof(HttpContext))
        {
            return http;
        }

        try
        {
            return IsBody(parameter, entry)
                ? JsonData.Converter.Deserialize(body, parameter.ParameterType)
                : Converted(parameter, http.Request);
        }
        catch (Exception e) when (e is JsonException or FormatException or ArgumentException or NotSupportedException)
        {
            throw new BadHttpRequestException($"'{parameter.Name}' cannot be read: {e.Message}", e);
        }
    }

    private static bool IsBody(ParameterInfo parameter, FunctionEntry entry) =>
        parameter.IsDefined(typeof(FromBodyAttribute))
        || (parameter == entry.TriggerParameter
            && parameter.ParameterType != typeof(HttpRequest)
            && parameter.ParameterType != typeof(HttpContext));

    private static object? Converted(ParameterInfo parameter, HttpRequest request)
    {
        var text = request.RouteValues[parameter.Name!] as string ?? request.Query[parameter.Name!].FirstOrDefault();
        if (text is null)
        {
            return parameter.HasDefaultValue ? parameter.DefaultValue : null;
        }

        return TypeDescriptor.GetConverter(parameter.ParameterType).ConvertFromInvariantString(text);
    }
}
