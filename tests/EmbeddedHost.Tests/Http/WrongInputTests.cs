using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Highwater.EmbeddedHost.Tests.Http;

/// <summary>Requests that no client library would send: every one is answered, and none is an accident.</summary>
public class WrongInputTests(DurableApi api) : IClassFixture<DurableApi>
{
    private const int Requests = 400;

    private static readonly string[] Roots =
    [
        DurableApi.Root + "/instances/", DurableApi.Root + "/orchestrators/Main/", DurableApi.Root + "/orchestrators/",
        DurableApi.Root + "/", "/admin/functions/", "/admin/host/", "/api/", "/api/greet/", "/api/sum/",
        "/health/", "/",
    ];

    private static readonly string[] Pieces =
    [
        "a", "Main", "instances", "raiseEvent", "terminate", "restart", "rewind", "entities", "/", "//", "..", "%2F",
        "%2e%2e", "%00", "%0a", "%", "%zz", "%ff%fe", "%F0%9F%92%A9", "%25", "{0}", "'", "\\", "@", "*", "~", ";", "\t",
        "é", "..%2f..%2fetc", new string('x', 3000),
    ];

    private static readonly string[] Queries =
    [
        "", "?", "?top=-1", "?top=99999999999999", "?runtimeStatus=%00", "?createdTimeFrom=9999-99-99",
        "?timeout=1e400",
        "?timeout=-0", "?showInput=", "?code=%ff", "?code=a&code=b", "?reason=%F0%9F", "?instanceIdPrefix=%25_'",
        "?restartWithNewInstanceId=x", "?showHistory=1",
        "?createdTimeFrom=0001-01-01&createdTimeTo=9999-12-31T23:59:59",
        "?createdTimeFrom=0001-01-01T00:00:00%2B14:00",
    ];

    private static readonly string[] Bodies =
    [
        "", "{", "[]", "null", "\"\\ud800\"", "{\"input\":", "\0", "{\"a\":1,\"a\":2}", "1e999", "\uFEFF{}",
        "\"\\u0000\"",
        new string('[', 5000), "{\"input\":\"" + new string('y', 20_000) + "\"}",
    ];

    private static readonly string[] Methods = ["GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS", "BREW"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Nothing_that_is_sent_is_answered_with_an_accident_or_not_at_all(int seed)
    {
#pragma warning disable CA5394 // Random on purpose, and the same on every run.
        var random = new Random(seed);
        for (var n = 0; n < Requests; n++)
        {
            var path = random.GetItems(Roots, 1)[0] + string.Concat(random.GetItems(Pieces, random.Next(4)));
            var method = random.GetItems(Methods, 1)[0];
            var body = random.GetItems(Bodies, 1)[0];
            var request = $"{method} {path}{random.GetItems(Queries, 1)[0]} HTTP/1.1\r\nHost: localhost\r\n"
                + $"Connection: close\r\nx-functions-key: {DurableApi.Key}\r\n"
                + (random.Next(2) == 0 ? "Content-Type: application/json\r\n" : "")
                + (random.Next(4) == 0 ? "x-ms-continuation-token: ====\r\n" : "")
                + $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";

            var answer = await SendAsync(request);

            var head = request[..Math.Min(request.Length, 300)];
            Assert.True(answer.StartsWith("HTTP/1.1 ", StringComparison.Ordinal), $"No answer to: {head}");
            var status = int.Parse(answer.AsSpan(9, 3), CultureInfo.InvariantCulture);
            var isExpected = status != 500
                || answer.Contains("OrchestrationAlreadyExistsException", StringComparison.Ordinal)
                || path.StartsWith("/api/Broken", StringComparison.OrdinalIgnoreCase);
            Assert.True(isExpected, $"{status} to: {head}\n{answer}");
        }
#pragma warning restore CA5394

        using var ready = await api.Http.GetAsync("/health/ready");
        Assert.True(ready.IsSuccessStatusCode);
    }

    [Theory]
    [InlineData("/orchestrators/Main")]
    [InlineData("/instances/{0}/raiseEvent/go")]
    public async Task A_body_beyond_the_limit_is_413(string path)
    {
        var id = await api.InstanceAsync(Microsoft.DurableTask.Client.OrchestrationRuntimeStatus.Running);
        var route = DurableApi.Root + string.Format(CultureInfo.InvariantCulture, path, id);

        // Announced, and refused before any of it is sent.
        var answer = await SendAsync(
            $"POST {route} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nx-functions-key: {DurableApi.Key}\r\n"
            + "Content-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_id_is_refused_and_a_very_long_path_as_well()
    {
        using var longest = await api.PostAsync($"/orchestrators/Main/{new string('x', 256)}");
        using var longer = await api.PostAsync($"/orchestrators/Main/{new string('x', 257)}");
        using var line = await api.PostAsync($"/orchestrators/Main/{new string('x', 20_000)}");

        Assert.Equal(202, (int)longest.StatusCode);
        Assert.Equal(400, (int)longer.StatusCode);
        Assert.Equal(414, (int)line.StatusCode);
    }

    private async Task<string> SendAsync(string request)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        var address = api.Http.Http.BaseAddress!;
        using var socket = new TcpClient();
        await socket.ConnectAsync(address.Host, address.Port, limit.Token);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request), limit.Token);
        using var answer = new MemoryStream();
        try
        {
            await stream.CopyToAsync(answer, limit.Token);
        }
        catch (IOException) when (answer.Length > 0)
        {
            // A server that has answered need not read what is left of the request.
        }

        return Encoding.UTF8.GetString(answer.ToArray());
    }
}
