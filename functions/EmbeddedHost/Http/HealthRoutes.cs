using Highwater.EmbeddedHost.Hosting;
using Highwater.EmbeddedHost.State;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.Http;

/// <summary>
/// What a container platform asks: whether the process is alive, and whether it can work now. Neither needs a key, and
/// neither says more than that.
/// </summary>
internal sealed class HealthRoutes(StateDatabase database, DurableEngine engine, ILogger<HealthRoutes> log)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private Task _question = Task.CompletedTask;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", () => Results.Json(new { status = "live" }));
        routes.MapGet("/health/ready", ReadyAsync);
    }

    private async Task<IResult> ReadyAsync(HttpResponse response, CancellationToken cancellation)
    {
        response.Headers.CacheControl = "no-store";
        if (await ReasonAgainstAsync(cancellation) is not { } reason)
        {
            return Results.Json(new { status = "ready" });
        }

        HttpLog.NotReady(log, reason);
        return Results.Json(
            new { status = "not ready", reason }, statusCode: StatusCodes.Status503ServiceUnavailable);
    }

    private async Task<string?> ReasonAgainstAsync(CancellationToken cancellation)
    {
        if (engine.Stopping.IsCancellationRequested)
        {
            return "the host is stopping";
        }

        if (engine.FailedWorkers > 0)
        {
            return "a worker of the host failed and begins again in a moment; the log says why";
        }

        try
        {
            await AskDatabase().WaitAsync(Patience, cancellation);
            return null;
        }
        catch (TimeoutException)
        {
            return $"the state database has not answered for {Patience.TotalSeconds} s";
        }
#pragma warning disable CA1031 // Whatever it is, this host cannot work with its database now.
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            HttpLog.DatabaseFailed(log, e);
            return "the state database fails; the log says why";
        }
    }

    // A question that hangs is not asked once more by every probe that comes.
    private Task AskDatabase()
    {
        lock (_gate)
        {
            if (_question.IsCompleted)
            {
                _question = Task.Run(() => database.Read(
                    session => session.Scalar<long>("SELECT max(version) FROM schema_version")));
            }

            return _question;
        }
    }
}
