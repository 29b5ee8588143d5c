using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Highwater.EmbeddedHost;
using Highwater.Engine.Errors;
using Highwater.TestKit.Storage;

namespace Highwater.EndToEnd.Tests;

/// <summary>How <c>highwater serve</c> ends, and what it leaves to the next one.</summary>
public sealed class ServeStopTests(InstallationFixture fixture) : IClassFixture<InstallationFixture>
{
    /// <summary>What the log says when activities outlive the time they are given.</summary>
    private const string TooLong = "Activities still run";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Installation Installation => fixture.Installation;

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task Stopped_during_a_base_backup_serve_takes_pg_basebackup_with_it_and_the_next_start_goes_on(
        string signal)
    {
        int child;
        await using (var serve = await ServeProcess.StartAsync(Installation, Token))
        {
            child = await FreezeBaseBackupAsync(serve);

            Assert.Equal(0, await serve.StopAsync(Token, signal));

            Assert.False(IsThere(child), "pg_basebackup outlived serve");
            Assert.DoesNotContain(serve.Lines, line => line.Contains(TooLong, StringComparison.Ordinal));
            Assert.Contains(serve.Lines, line => line.Contains(
                "Activity TakeBaseBackup of 'BaseBackup' was interrupted by the stop", StringComparison.Ordinal));
        }

        await using var next = await ServeProcess.StartAsync(Installation, Token);
        await next.UntilPrintedAsync("Orchestration BaseBackup 'BaseBackup' completed", Token);
        Assert.Equal(0, await next.StopAsync(Token));
    }

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("INT", 130)]
    public async Task A_second_signal_ends_serve_at_once(string signal, int exitCode)
    {
        // Without a repository a WAL sync reads no spool.
        (await Installation.RunAsync(Token, "backup")).ExpectDone();

        // Nobody writes into this pipe: whoever opens it to read hangs, and cannot be cancelled.
        var pipe = Path.Combine(Installation.Postgres.SpoolPath, "0000000100000000000000FF");
        Shell.Run("mkfifo", "--mode=666", pipe);
        try
        {
            await using var serve = await ServeProcess.StartAsync(Installation, Token);
            await serve.UntilRunningAsync("WalSync", Token);
            serve.Send(signal);
            await serve.UntilPrintedAsync($"Stopping by SIG{signal}", Token);

            Assert.Equal(exitCode, await serve.StopAsync(Token, signal));

            Assert.Contains(serve.Lines, line => line.Contains(
                $"Ended at once by a second SIG{signal}", StringComparison.Ordinal));
        }
        finally
        {
            File.Delete(pipe);
        }
    }

    [Fact]
    public async Task A_second_serve_is_told_who_the_first_is_and_a_killed_one_stands_in_nobodys_way()
    {
        var holder = Path.Combine(Installation.Environment["HIGHWATER_STATE_PATH"], "host.json");
        await using (var first = await ServeProcess.StartAsync(Installation, Token))
        {
            var second = await Installation.RunAsync(Token, "serve", "--urls", "http://127.0.0.1:0");
            second.ExpectError(
                ErrorCodes.StateDirectoryLocked,
                string.Create(CultureInfo.InvariantCulture, $"in use by process {first.Id}"), first.Address.Authority);
            Assert.DoesNotContain(
                nameof(StateDirectoryLockedException), second.Output + second.Error, StringComparison.Ordinal);

            await first.StopAsync(Token, "KILL");
        }

        // It still names the dead process, and whoever believed it would talk to nobody.
        Assert.True(File.Exists(holder));
        (await Installation.RunAsync(Token, "backup")).ExpectDone();
        await using var next = await ServeProcess.StartAsync(Installation, Token);
        var said = JsonSerializer.Deserialize<JsonElement>(await File.ReadAllTextAsync(holder, Token));
        Assert.Equal(next.Id, said.GetProperty("ProcessId").GetInt32());
        Assert.Equal(0, await next.StopAsync(Token));
    }

    /// <summary>Has a base backup begin and freezes pg_basebackup, so that it never ends by itself.</summary>
    private static async Task<int> FreezeBaseBackupAsync(ServeProcess serve)
    {
        using var http = new HttpClient { BaseAddress = serve.Address };
        var started = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(started) < Patience)
        {
            // Refused while one runs; begun anew should one have ended before it could be stopped.
            using var answer = await http.PostAsJsonAsync(
                new Uri("runtime/webhooks/durabletask/orchestrators/BaseBackup/BaseBackup", UriKind.Relative),
                new { }, Token);
            if (ChildOf(serve.Id, "pg_basebackup") is { } child)
            {
                Shell.Run("kill", "-STOP", $"{child}");
                return child;
            }

            await Task.Delay(2, Token);
        }

        throw new TimeoutException("No base backup began:\n" + string.Join('\n', serve.Lines));
    }

    private static int? ChildOf(int parent, string name)
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), out var id) && Stat(id) is { } stat
                && stat.Contains($"({name}) ", StringComparison.Ordinal)
                && stat.Split(") ")[1].Split(' ')[1] == $"{parent}")
                return id;
        }

        return null;
    }

    /// <summary>A process that has ended but whose new parent has not asked for its exit code is gone.</summary>
    private static bool IsThere(int id) => Stat(id) is { } stat && stat.Split(") ")[1][0] != 'Z';

    private static string? Stat(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/stat");
        }
        catch (IOException)
        {
            return null;
        }
    }
}
