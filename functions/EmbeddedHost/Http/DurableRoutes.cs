using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Azure.Functions.Worker;

namespace Highwater.EmbeddedHost.Http;

/// <summary>The Durable HTTP API.</summary>
internal sealed class DurableRoutes(
    InstanceStarting starting, InstanceQueries queries, InstanceCommandRoutes commands, HostKeys keys)
{
    public const string Root = "/runtime/webhooks/durabletask";

    public void Map(IEndpointRouteBuilder routes, CancellationToken stopping)
    {
        var group = routes.MapGroup(Root)
            .AddEndpointFilter(keys.Require(AuthorizationLevel.System))
            .AddEndpointFilter(HttpErrors.OfTheClient);
        starting.Map(group, stopping);
        queries.Map(group);
        commands.Map(group);
        group.Map("/entities/{**rest}", () => Results.Json(
            new HttpError("This host has orchestrations and activities; it has no entities."),
            statusCode: StatusCodes.Status501NotImplemented));
    }
}
