using System.Net;
using System.Text.RegularExpressions;
using Highwater.Engine.Errors;

namespace Highwater.EndToEnd.Tests;

/// <summary><c>highwater serve</c> and the commands that talk to it, each in a process of its own.</summary>
public sealed partial class ServeTests(InstallationFixture fixture) : IClassFixture<InstallationFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Installation Installation => fixture.Installation;

    [Fact]
    public async Task A_backup_beside_serve_is_run_by_serve_and_followed_to_its_end()
    {
        await using var serve = await ServeProcess.StartAsync(Installation, Token);

        var backup = (await Installation.RunAsync(Token, "backup")).ExpectDone();

        Assert.Matches(@"(?m)^Base backup \d{8}T\d{6}Z: \d+ files, .* read, .* stored, ", backup.Output);
        Assert.Contains("local: complete with its WAL, verified", backup.Output, StringComparison.Ordinal);
        Assert.Contains("remote: complete with its WAL, verified", backup.Output, StringComparison.Ordinal);
        var id = BackupId().Match(backup.Output).Value;

        // Where the work was done is where it was logged.
        await serve.UntilPrintedAsync($"Base backup {id} is complete and verified in the repository 'remote'", Token);
        await serve.StopAsync(Token);
    }

    [Fact]
    public async Task A_command_beside_a_serve_that_is_just_starting_waits_for_it_and_says_so()
    {
        await using var serve = await ServeProcess.StartAsync(Installation, Token);
        var state = Installation.Environment["HIGHWATER_STATE_PATH"];
        var holder = Path.Combine(state, "host.json");
        var serving = await File.ReadAllTextAsync(holder, Token);

        // As it is until serve has opened its state and its port.
        await File.WriteAllTextAsync(holder, $$"""{"ProcessId":{{serve.Id}},"Url":null}""", Token);
        var backup = Installation.Start(out var said, "backup");
        while (!said.Any(line => line.Contains("does not answer yet", StringComparison.Ordinal)))
        {
            Assert.False(backup.HasExited, string.Join('\n', said));
            await Task.Delay(20, Token);
        }

        await File.WriteAllTextAsync(holder, serving, Token);
        await backup.WaitForExitAsync(Token);

        Assert.True(backup.ExitCode == 0, string.Join('\n', said));
        Assert.Equal(
            $"Process {serve.Id} holds the state directory {state} and does not answer yet: waiting up to 20 s for it",
            said.First());
        await serve.UntilPrintedAsync("Orchestration BaseBackup 'BaseBackup' completed", Token);
        await serve.StopAsync(Token);
    }

    [Fact]
    public async Task A_key_from_a_file_opens_serve_to_the_commands_and_closes_it_to_all_others()
    {
        var file = Installation.PathOf("key");
        await File.WriteAllTextAsync(file, "a long random text\n", Token);
        Installation.Environment["HIGHWATER_KEY_FILE"] = file;
        try
        {
            await using var serve = await ServeProcess.StartAsync(Installation, Token);
            using var http = new HttpClient();
            using var refused = await http.GetAsync(new Uri(serve.Address, "admin/host/status"), Token);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
            (await Installation.RunAsync(Token, "backup")).ExpectDone();
            await serve.UntilPrintedAsync("Orchestration BaseBackup 'BaseBackup' completed", Token);
            await serve.StopAsync(Token);
        }
        finally
        {
            Installation.Environment.Remove("HIGHWATER_KEY_FILE");
        }
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task Serve_logs_single_lines_with_the_time_in_UTC_and_ends_with_0_on_a_signal(string signal)
    {
        await using var serve = await ServeProcess.StartAsync(Installation, Token);
        (await Installation.RunAsync(Token, "backup")).ExpectDone();
        await serve.UntilPrintedAsync("Orchestration BaseBackup 'BaseBackup' completed", Token);

        Assert.Equal(0, await serve.StopAsync(Token, signal));

        Assert.All(serve.Lines, line => Assert.True(Greeting().IsMatch(line) || LogLine().IsMatch(line), line));
        Assert.Contains(serve.Lines, line => line.Contains("time zone: ", StringComparison.Ordinal));
        Assert.Contains(serve.Lines, line => line.EndsWith("Host stopped", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_damaged_state_file_is_set_aside_and_said_and_shown_by_status_and_the_work_goes_on()
    {
        (await Installation.RunAsync(Token, "backup")).ExpectDone();
        var state = Installation.Environment["HIGHWATER_STATE_PATH"];
        await File.WriteAllTextAsync(Path.Combine(state, "state.db"), "not a database", Token);

        var sync = (await Installation.RunAsync(Token, "wal-sync")).ExpectDone();
        var status = await Installation.RunAsync(Token, "status");

        var kept = Assert.Single(Directory.GetFiles(state, "state.db.corrupt-*"));
        Assert.Contains("is damaged and was set aside as " + kept, sync.Error, StringComparison.Ordinal);
        Assert.Contains("state: a damaged state file was set aside", status.Output, StringComparison.Ordinal);
        File.Delete(kept);
    }

    [GeneratedRegex(@"\d{8}T\d{6}Z")]
    private static partial Regex BackupId();

    [GeneratedRegex("^Serving |^  (base backups|repository)")]
    private static partial Regex Greeting();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (trce|dbug|info|warn|fail|crit): ")]
    private static partial Regex LogLine();
}
