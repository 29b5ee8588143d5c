using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.Tests;

/// <summary>Keeps what was logged, each line with its event id.</summary>
internal sealed class LogEvents : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<(int Id, string Text)> _lines = [];

    public int CountOf(int eventId) => Of(eventId).Count;

    public IReadOnlyList<string> Of(int eventId) =>
        [.. _lines.Where(line => line.Id == eventId).Select(line => line.Text)];

    public ILogger CreateLogger(string categoryName) => this;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue((eventId.Id, formatter(state, exception) + (exception is null ? "" : $"\n{exception}")));

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Dispose()
    {
    }
}
