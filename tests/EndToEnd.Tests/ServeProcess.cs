using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Highwater.TestKit.Storage;

namespace Highwater.EndToEnd.Tests;

/// <summary>A running <c>highwater serve</c> and what it has printed so far.</summary>
public sealed class ServeProcess : IAsyncDisposable
{
    private const string Greeting = "Serving http://";
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

    /// <summary>What it printed, on either stream.</summary>
    public IReadOnlyList<string> Lines => [.. _lines];

    /// <summary>Starts it on a free port and waits until it serves.</summary>
    public static async Task<ServeProcess> StartAsync(Installation installation, CancellationToken cancellationToken)
    {
        var command = HighwaterProgram.Command(
            installation.PathOf("."), installation.Environment, ["serve", "--urls", "http://127.0.0.1:0"]);
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
        var address = _lines.First(line => line.StartsWith(Greeting, StringComparison.Ordinal)).Split(' ')[1];
        using var http = new HttpClient { BaseAddress = new Uri(address) };
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

    /// <summary>Sends SIGTERM and waits for the end.</summary>
    public async Task<(int ExitCode, TimeSpan Elapsed)> StopAsync(CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        Shell.Run("kill", "-TERM", _process.Id.ToString(CultureInfo.InvariantCulture));
        await _process.WaitForExitAsync(cancellationToken).WaitAsync(Patience, cancellationToken);
        return (_process.ExitCode, TimeProvider.System.GetElapsedTime(started));
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
}
