using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.Http;

/// <summary>The Durable HTTP API: asking after instances, and forgetting finished ones.</summary>
internal sealed class InstanceQueries(DurableTaskClient client)
{
    private const string ContinuationHeader = "x-ms-continuation-token";

    public void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("/instances/{id}", GetAsync);
        group.MapGet("/instances", ListAsync);
        group.MapDelete("/instances/{id}", PurgeAsync);
        group.MapDelete("/instances", PurgeAllAsync);
    }

    private async Task<IResult> GetAsync(
        string id,
        HttpRequest request,
        CancellationToken cancellation,
        bool showInput = true,
        bool returnInternalServerErrorOnFailure = false)
    {
        if (await client.GetInstanceAsync(id, true, cancellation) is not { } instance)
        {
            return Results.NotFound();
        }

        var status = InstanceStatus.From(instance, showInput);
        if (!instance.IsCompleted)
        {
            request.HttpContext.Response.Headers.RetryAfter = "5";
            return Results.Accepted(ManagementLinks.InstanceUrl(request, id), status);
        }

        var failed = instance.RuntimeStatus == OrchestrationRuntimeStatus.Failed && returnInternalServerErrorOnFailure;
        return Results.Json(
            status, statusCode: failed ? StatusCodes.Status500InternalServerError : StatusCodes.Status200OK);
    }

    private async Task<IResult> ListAsync(
        HttpRequest request,
        CancellationToken cancellation,
        string? createdTimeFrom = null,
        string? createdTimeTo = null,
        string? runtimeStatus = null,
        string? instanceIdPrefix = null,
        int top = OrchestrationQuery.DefaultPageSize,
        bool showInput = true)
    {
        if (!TryStatuses(runtimeStatus, out var statuses)
            || !TryTime(createdTimeFrom, out var from)
            || !TryTime(createdTimeTo, out var to))
        {
            return Results.BadRequest(new HttpError("A parameter of the query is invalid"));
        }

        var after = request.Headers[ContinuationHeader].FirstOrDefault();
        var query = new OrchestrationQuery(
            from, to, statuses, null, instanceIdPrefix, top, true, string.IsNullOrEmpty(after) ? null : after);
        await foreach (var page in client.GetAllInstancesAsync(query).AsPages().WithCancellation(cancellation))
        {
            if (page.ContinuationToken is { } more)
            {
                request.HttpContext.Response.Headers[ContinuationHeader] = more;
            }

            return Results.Json(page.Values.Select(instance => InstanceStatus.From(instance, showInput)));
        }

        return Results.Json(Array.Empty<InstanceStatus>());
    }

    private async Task<IResult> PurgeAsync(string id, CancellationToken cancellation) =>
        Purged(await client.PurgeInstanceAsync(id, cancellation));

    private async Task<IResult> PurgeAllAsync(
        CancellationToken cancellation,
        string? createdTimeFrom = null,
        string? createdTimeTo = null,
        string? runtimeStatus = null)
    {
        if (!TryTime(createdTimeFrom, out var from) || from is null
            || !TryTime(createdTimeTo, out var to)
            || !TryStatuses(runtimeStatus, out var statuses))
        {
            return Results.BadRequest(new HttpError("Please provide value for 'createdTimeFrom' parameter."));
        }

        return Purged(await client.PurgeAllInstancesAsync(new PurgeInstancesFilter(from, to, statuses), cancellation));
    }

    private static IResult Purged(PurgeResult result) => result.PurgedInstanceCount == 0
        ? Results.NotFound()
        : Results.Json(new { instancesDeleted = result.PurgedInstanceCount });

    private static bool TryTime(string? text, out DateTimeOffset? time)
    {
        time = null;
        if (string.IsNullOrEmpty(text))
        {
            return true;
        }

        var parsed = DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var value);
        time = parsed ? value : null;
        return parsed;
    }

    private static bool TryStatuses(string? text, out List<OrchestrationRuntimeStatus> statuses)
    {
        statuses = [];
        foreach (var name in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Enum.TryParse<OrchestrationRuntimeStatus>(name, ignoreCase: true, out var status))
            {
                return false;
            }

            statuses.Add(status);
        }

        return true;
    }
}
