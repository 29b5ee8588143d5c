using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Highwater.Cli.Orchestrations;
using Highwater.TestKit.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Highwater.EndToEnd.Tests;

public sealed class AwaitServeTests : IDisposable
{
    private readonly TempDirectory _state = new("state");
    private readonly FakeTimeProvider _clock = new();
    private readonly List<string> _notes = [];
    private FileStream? _lock;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _lock?.Dispose();
        _state.Dispose();
    }

    [Fact]
    public async Task Where_nobody_is_there_is_nothing_to_wait_for()
    {
        Assert.Null(await new AwaitServe(_state.Path, _clock, _notes.Add).FindAsync(Token));

        // Left by a process that was killed.
        File.WriteAllText(_state.Combine("host.json"), """{"ProcessId":1,"Url":"http://127.0.0.1:7071"}""");
        File.WriteAllText(_state.Combine("host.lock"), "");
        Assert.Null(await new AwaitServe(_state.Path, _clock, _notes.Add).FindAsync(Token));
        Assert.Empty(_notes);
    }

    [Fact]
    public async Task One_that_does_not_say_where_it_serves_is_given_up_after_the_patience()
    {
        Hold(url: null);
        var serve = new AwaitServe(_state.Path, _clock, _notes.Add);

        Assert.Null(await PassTimeUntilAsync(serve.FindAsync(Token)));

        Assert.True(serve.IsOver);
        Assert.Contains("Process 4711 holds", Assert.Single(_notes), StringComparison.Ordinal);
        Assert.Contains(_state.Path, _notes[0], StringComparison.Ordinal);

        // The patience is that of the whole command.
        Assert.Null(await serve.FindAsync(Token));
        Assert.Single(_notes);
    }

    [Fact]
    public async Task One_that_is_stopping_answers_no_more_and_is_waited_for_until_it_is_gone()
    {
        Hold(url: "http://127.0.0.1:1");
        var serve = new AwaitServe(_state.Path, _clock, _notes.Add);
        var finding = serve.FindAsync(Token);
        while (_notes.Count == 0)
        {
            Assert.False(finding.IsCompleted);
            await Task.Delay(5, Token);
        }

        _lock!.Dispose();

        Assert.Null(await PassTimeUntilAsync(finding));
        Assert.False(serve.IsOver);
    }

    [Fact]
    public async Task One_that_answers_is_not_waited_for()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var url = string.Create(CultureInfo.InvariantCulture, $"http://{listener.LocalEndpoint}");
        Hold(url);

        Assert.Equal(new Uri(url), await new AwaitServe(_state.Path, _clock, _notes.Add).FindAsync(Token));
        Assert.Empty(_notes);
    }

    private async Task<Uri?> PassTimeUntilAsync(Task<Uri?> finding)
    {
        while (!finding.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(finding, Task.Delay(5, Token));
        }

        return await finding;
    }

    private void Hold(string? url)
    {
        _lock = new FileStream(_state.Combine("host.lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        var said = url is null ? "null" : $"\"{url}\"";
        File.WriteAllText(_state.Combine("host.json"), $$"""{"ProcessId":4711,"Url":{{said}}}""");
    }
}
