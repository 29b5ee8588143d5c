using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.Tests.Sample;

internal static class HttpFunctions
{
    [Function(nameof(StartMain))]
    public static async Task<IActionResult> StartMain(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "start/{id}")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellation)
    {
        var options = new Microsoft.DurableTask.StartOrchestrationOptions(id);
        await client.ScheduleNewOrchestrationInstanceAsync("Main", request.Method, options, cancellation);
        return new AcceptedResult($"/started/{id}", null);
    }

    [Function(nameof(Sum))]
    public static object Sum(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "sum/{left:int}")] HttpRequest request,
        int left,
        int right,
        FunctionContext context) =>
        new { Total = left + right, Same = context.GetHttpContext() == request.HttpContext };

    [Function(nameof(Echo))]
    public static IResult Echo(
        [HttpTrigger(AuthorizationLevel.Function, "post")] HttpRequest request,
        [Microsoft.Azure.Functions.Worker.Http.FromBody] OrderInput order) =>
        Results.Text($"{request.ContentType}: {order.Items} x {order.Name}");

    [Function(nameof(Broken))]
    public static IResult Broken([HttpTrigger(AuthorizationLevel.Anonymous)] HttpRequest request) =>
        throw new InvalidOperationException("a secret of " + request.Path);

    [Function(nameof(Greet))]
    public static string Greet(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "greet/{name:alpha:maxlength(5)}/{*rest}")]
        HttpRequest request,
        string name,
        string? rest,
        Guid? id) => $"{request.Method} {name} {rest} {id}".TrimEnd();

    [Function(nameof(Nothing))]
    public static Task Nothing([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request) =>
        request.Body.CopyToAsync(Stream.Null);

    [Function(nameof(WhoAmI))]
    public static OrderInput WhoAmI([HttpTrigger("post", "put")] HttpRequest request) =>
        new(request.Method, request.Headers.Count);

    [Function(nameof(AdminOnly))]
    public static IResult AdminOnly([HttpTrigger(AuthorizationLevel.Admin)] HttpRequest request) =>
        Results.Text(request.Method);

    [Function(nameof(SystemOnly))]
    public static IResult SystemOnly([HttpTrigger(AuthorizationLevel.System)] HttpRequest request) =>
        Results.Text(request.Method);

    [Function(nameof(SwitchedOff))]
    public static IResult SwitchedOff([HttpTrigger(AuthorizationLevel.Anonymous)] HttpRequest request) =>
        Results.Text(request.Method);
}
