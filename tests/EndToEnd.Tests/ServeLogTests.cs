using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Highwater.Engine.Errors;
using Highwater.TestKit.Postgres;

namespace Highwater.EndToEnd.Tests;

/// <summary>What programs read of <c>highwater serve</c>: one JSON object a line and nothing else.</summary>
public sealed partial class ServeLogTests(InstallationFixture fixture) : IClassFixture<InstallationFixture>
{
    private const string Key = "a-key-that-nobody-may-read-in-a-log";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Installation Installation => fixture.Installation;

    [Fact]
    public async Task As_JSON_every_line_is_an_object_and_no_line_holds_a_secret()
    {
        Installation.Environment["HIGHWATER_KEY"] = Key;
        Installation.Environment["HIGHWATER_LOG_LEVEL"] = "Trace";
        await using var serve = await ServeProcess.StartAsync(Installation, Token, "--log-format", "json");
        (await Installation.RunAsync(Token, "backup")).ExpectDone();
        using var http = new HttpClient { BaseAddress = serve.Address };
        using var right = await http.GetAsync(new Uri($"admin/host/status?code={Key}", UriKind.Relative), Token);
        Assert.Equal(HttpStatusCode.OK, right.StatusCode);
        await serve.UntilPrintedAsync("Orchestration BaseBackup 'BaseBackup' completed", Token);
        Assert.Equal(0, await serve.StopAsync(Token));

        var lines = serve.Lines.Select(Parse).ToList();
        Assert.Contains(lines, line => Message(line).StartsWith("Serving http://127.0.0.1:", StringComparison.Ordinal));
        Assert.Contains(lines, line => Message(line) == "Host stopped");
        var schedules = lines.Single(line => line.GetProperty("EventId").GetInt32() == 8002).GetProperty("State");
        Assert.Equal("0 2 * * *", schedules.GetProperty("BaseBackup").GetString());
        Assert.Equal(TimeZoneInfo.Local.Id, schedules.GetProperty("Zone").GetString());
        Assert.All(serve.Lines, line =>
        {
            Assert.DoesNotContain(Key, line, StringComparison.Ordinal);
            Assert.DoesNotContain(Installation.Environment["POSTGRES_PASSWORD"], line, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task As_JSON_wrong_settings_are_one_object_with_code_and_remedy()
    {
        var error = await FailAsync(ErrorCodes.SettingsInvalid, new() { ["POSTGRES_PORT"] = "five" });

        Assert.Contains("'five'", Text(error, "WhatHappened"), StringComparison.Ordinal);
        Assert.Contains("local.settings.sample.json", Text(error, "Remedy"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task As_JSON_a_taken_port_is_one_object_with_code_and_remedy()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        var error = await FailAsync(ErrorCodes.UsageInvalid, [], $"http://{other.LocalEndpoint}");

        Assert.Contains($"http://{other.LocalEndpoint}", Text(error, "WhatHappened"), StringComparison.Ordinal);
        Assert.Contains("--urls", Text(error, "Remedy"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task As_JSON_a_locked_state_directory_is_one_object_with_code_and_remedy()
    {
        await using var first = await ServeProcess.StartAsync(Installation, Token);

        var error = await FailAsync(ErrorCodes.StateDirectoryLocked, []);

        Assert.Contains($"process {first.Id}", Text(error, "WhatHappened"), StringComparison.Ordinal);
        Assert.NotEmpty(Text(error, "Remedy"));
        await first.StopAsync(Token);
    }

    [Fact]
    public async Task A_word_for_the_format_or_the_level_that_means_nothing_is_refused_with_the_choice()
    {
        var changes = new Dictionary<string, string?>
        {
            ["HIGHWATER_LOG_FORMAT"] = "xml", ["HIGHWATER_LOG_LEVEL"] = "3",
        };

        (await Installation.RunWithAsync(changes, Token, "serve")).ExpectError(
            ErrorCodes.SettingsInvalid, "'xml' is none of plain, json", "'3' is none of trace, debug, information");
    }

    /// <summary>Starts <c>serve</c> where it cannot start, and gives the fields of the error it logs.</summary>
    private async Task<JsonElement> FailAsync(
        ErrorCode code, Dictionary<string, string?> changes, string urls = "http://127.0.0.1:0")
    {
        changes["HIGHWATER_LOG_FORMAT"] = "json";
        ToolResult result = await Installation.RunWithAsync(changes, Token, "serve", "--urls", urls);
        result.ExpectExit((int)code.ExitCode);
        Assert.Empty(result.Error);
        var lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse).ToList();
        var error = Assert.Single(lines, line => Text(line, "LogLevel") == "Critical");
        Assert.Equal(code.Code, Text(error.GetProperty("State"), "Code"));
        return error.GetProperty("State");
    }

    private static JsonElement Parse(string line)
    {
        var parsed = JsonSerializer.Deserialize<JsonElement>(line);
        Assert.Matches(Utc(), Text(parsed, "Timestamp"));
        Assert.All(["LogLevel", "Category", "Message"], name => Assert.NotEmpty(Text(parsed, name)));
        Assert.Equal(JsonValueKind.Number, parsed.GetProperty("EventId").ValueKind);
        return parsed;
    }

    private static string Message(JsonElement line) => Text(line, "Message");

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")]
    private static partial Regex Utc();
}
