using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Highwater.TestKit.Storage;

namespace Highwater.EndToEnd.Tests;

/// <summary>A running <c>highwater serve</c> and what it has printed so far.</summary>
public sealed partial class ServeProcess : IAsyncDisposable
{
    private const string Greeting = "Serving http://";

    // Longer than any stop may take; whether one was in time is for the log to say, not for the load of the machine.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentQueue<string> _lines = [];
    private readonly Process _process;

    private ServeProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Add(line.Data);
        process.ErrorDataReceived += (_, line) => Add(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    /// <summary>Where it serves.</summary>
    public Uri Address =>
        new(Url().Match(_lines.First(line => line.Contains(Greeting, StringComparison.Ordinal))).Value);

    /// <summary>What it printed, on either stream.</summary>
    public IReadOnlyList<string> Lines => [.. _lines];

    /// <summary>Starts it on a free port and waits until it serves.</summary>
    public static async Task<ServeProcess> StartAsync(
        Installation installation, CancellationToken cancellationToken, params string[] arguments)
    {
        var command = HighwaterProgram.Command(
            installation.PathOf("."), installation.Environment,
            ["serve", "--urls", "http://127.0.0.1:0", .. arguments]);
        command.RedirectStandardOutput = true;
        command.RedirectStandardError = true;
        var serve = new ServeProcess(Process.Start(command)!);
        await serve.UntilPrintedAsync(Greeting, cancellationToken);
        return serve;
    }

    /// <summary>Waits until a line holds the words.</summary>
    public Task UntilPrintedAsync(string words, CancellationToken cancellationToken) => UntilAsync(
        () => Task.FromResult(_lines.Any(line => line.Contains(words, StringComparison.Ordinal))), cancellationToken);

    /// <summary>Waits until the API tells of a running instance of the orchestration.</summary>
    public async Task UntilRunningAsync(string orchestration, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = Address };
        await UntilAsync(
            async () =>
            {
                var path = new Uri($"runtime/webhooks/durabletask/instances/{orchestration}", UriKind.Relative);
                using var answer = await http.GetAsync(path, cancellationToken);
                if (!answer.IsSuccessStatusCode)
                    return false;
                var status = await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
                return status.GetProperty("runtimeStatus").GetString() == "Running";
            },
            cancellationToken);
    }

    /// <summary>Sends SIGTERM or another signal, waits for the end, and gives the exit code.</summary>
    public async Task<int> StopAsync(CancellationToken cancellationToken, string signal = "TERM")
    {
        Send(signal);
        return await EndAsync(cancellationToken);
    }

    public void Send(string signal) => Shell.Run("kill", "-" + signal, $"{_process.Id}");

    /// <summary>Waits for the end and gives the exit code.</summary>
    public async Task<int> EndAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken).WaitAsync(Patience, cancellationToken);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task UntilAsync(Func<Task<bool>> reached, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await reached())
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(started) < Patience && !_process.HasExited,
                "What was waited for did not come:\n" + string.Join('\n', _lines));
            await Task.Delay(20, cancellationToken);
        }
    }

    private void Add(string? line)
    {
        if (line is not null)
            _lines.Enqueue(line);
    }

    [GeneratedRegex(@"http://[\d.:]+")]
    private static partial Regex Url();
}
