using System.Text.Json;
using DurableTask.Core.Exceptions;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.Http;

/// <summary>Turns what a route throws into the answer that callers know.</summary>
internal static class HttpErrors
{
    /// <summary>A filter of the Durable HTTP API, where exceptions of the client have a status each.</summary>
    public static async ValueTask<object?> OfTheClient(
        EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            return Results.NotFound();
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.FailedPrecondition)
        {
            return Results.StatusCode(StatusCodes.Status410Gone);
        }
        catch (JsonException e)
        {
            return Answer(StatusCodes.Status400BadRequest, "Invalid JSON content", e);
        }
        catch (ArgumentException e)
        {
            return Answer(
                StatusCodes.Status400BadRequest, "One or more of the arguments submitted is incorrect", e);
        }
        catch (OrchestrationAlreadyExistsException e)
        {
            return Answer(
                StatusCodes.Status500InternalServerError, "Something went wrong while processing your request", e);
        }
    }

    /// <summary>The outermost filter: nothing leaves the host as a bare exception.</summary>
    public static RequestDelegate OfTheHost(RequestDelegate next, ILogger log, CancellationToken stopping) =>
        async context =>
        {
            try
            {
                await next(context);
            }
            catch (BadHttpRequestException e) when (!context.Response.HasStarted)
            {
                await WriteAsync(context, e.StatusCode, e.Message);
            }
            catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
            {
                // The caller is gone: nobody reads an answer.
            }
            catch (OperationCanceledException)
                when (stopping.IsCancellationRequested && !context.Response.HasStarted)
            {
                await WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "The host is stopping");
            }
#pragma warning disable CA1031 // The caller sees that it failed, the log sees why.
            catch (Exception e) when (!context.Response.HasStarted)
#pragma warning restore CA1031
            {
                HttpLog.RequestFailed(log, context.Request.Method, context.Request.Path, e);
                await WriteAsync(
                    context,
                    StatusCodes.Status500InternalServerError,
                    "Something went wrong while processing your request");
            }
        };

    /// <summary>For an instance that is in no state for what was asked.</summary>
    public static IResult Conflict(InvalidOperationException e) =>
        Answer(StatusCodes.Status409Conflict, "The state of the instance does not allow this", e);

    private static IResult Answer(int status, string message, Exception e) =>
        Results.Json(HttpError.From(message, e), statusCode: status);

    private static Task WriteAsync(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new HttpError(message), context.RequestAborted);
    }
}
