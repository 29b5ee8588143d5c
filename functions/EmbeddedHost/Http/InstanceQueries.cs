using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.Http;

/// <summary>The Durable HTTP API: asking after instances, and forgetting finished ones.</summary>
internal sealed class InstanceQueries(DurableTaskClient client)
{
    private const string ContinuationHeader = "x-ms-continuation-token";
    private const string SecondsUntilNextQuestion = "5";

    public void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("/instances/{id}", GetAsync);
        group.MapGet("/instances", ListAsync);
        group.MapDelete("/instances/{id}", PurgeAsync);
        group.MapDelete("/instances", PurgeAllAsync);
    }

    private async Task<IResult> GetAsync(string id, HttpRequest request, CancellationToken cancellation)
    {
        var showInput = request.Flag("showInput", missing: true);
        var showHistory = request.Flag("showHistory");
        var showHistoryOutput = request.Flag("showHistoryOutput");
        var failureIsError = request.Flag("returnInternalServerErrorOnFailure");
        if (await client.GetInstanceAsync(id, true, cancellation) is not { } instance)
        {
            return Results.NotFound();
        }

        var status = InstanceStatus.From(instance, showInput);
        if (showHistory && instance.RuntimeStatus != OrchestrationRuntimeStatus.Pending)
        {
            var history = await client.GetOrchestrationHistoryAsync(id, cancellation);
            status = status with { HistoryEvents = HistoryJson.From(history, showInput, showHistoryOutput) };
        }

        var response = request.HttpContext.Response;
        if (!instance.IsCompleted)
        {
            response.Headers.RetryAfter = SecondsUntilNextQuestion;
            response.Headers.Location = request.GetEncodedUrl();
            return Results.Json(status, InstanceStatus.Json, statusCode: StatusCodes.Status202Accepted);
        }

        var isError = instance.RuntimeStatus == OrchestrationRuntimeStatus.Failed && failureIsError;
        return Results.Json(
            status,
            InstanceStatus.Json,
            statusCode: isError ? StatusCodes.Status500InternalServerError : StatusCodes.Status200OK);
    }

    private async Task<IResult> ListAsync(HttpRequest request, CancellationToken cancellation)
    {
        var showInput = request.Flag("showInput", missing: true);
        var query = new OrchestrationQuery(
            request.Time("createdTimeFrom"),
            request.Time("createdTimeTo"),
            request.Statuses("runtimeStatus"),
            InstanceIdPrefix: request.Text("instanceIdPrefix"),
            PageSize: request.Count("top") ?? OrchestrationQuery.DefaultPageSize,
            FetchInputsAndOutputs: true,
            ContinuationToken: Continuation(request));
        await using var pages = client.GetAllInstancesAsync(query).AsPages().GetAsyncEnumerator(cancellation);
        await pages.MoveNextAsync();
        if (pages.Current.ContinuationToken is { } more)
        {
            request.HttpContext.Response.Headers[ContinuationHeader] =
                WebEncoders.Base64UrlEncode(Encoding.UTF8.GetBytes(more));
        }

        return Results.Json(
            pages.Current.Values.Select(instance => InstanceStatus.From(instance, showInput)), InstanceStatus.Json);
    }

    private async Task<IResult> PurgeAsync(string id, CancellationToken cancellation)
    {
        if (await client.GetInstanceAsync(id, cancellation) is null)
        {
            return Results.NotFound();
        }

        // Zero for one that has not finished: it is there, and it stays.
        var purged = await client.PurgeInstanceAsync(id, cancellation);
        return Results.Json(new { instancesDeleted = purged.PurgedInstanceCount });
    }

    private async Task<IResult> PurgeAllAsync(HttpRequest request, CancellationToken cancellation)
    {
        if (request.Time("createdTimeFrom") is not { } from)
        {
            return Results.BadRequest("Please provide value for 'createdTimeFrom' parameter.");
        }

        var filter = new PurgeInstancesFilter(
            from, request.Time("createdTimeTo"), request.Statuses("runtimeStatus"));
        var purged = await client.PurgeAllInstancesAsync(filter, cancellation);
        return purged.PurgedInstanceCount == 0
            ? Results.NotFound()
            : Results.Json(new { instancesDeleted = purged.PurgedInstanceCount });
    }

    // Headers are ASCII, ids need not be.
    private static string? Continuation(HttpRequest request)
    {
        var token = request.Headers[ContinuationHeader].FirstOrDefault();
        try
        {
            return string.IsNullOrEmpty(token) ? null : Encoding.UTF8.GetString(WebEncoders.Base64UrlDecode(token));
        }
        catch (FormatException e)
        {
            throw new BadHttpRequestException($"The header {ContinuationHeader} is not one that a list has sent.", e);
        }
    }
}
