using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.Tests;

/// <summary>Keeps what was logged, each line with its event id.</summary>
internal sealed class LogEvents : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<(int Id, string Text)> _lines = [];
    private readonly ConcurrentQueue<string> _errors = [];

    /// <summary>Errors and worse.</summary>
    public IReadOnlyCollection<string> Errors => _errors;

    public int CountOf(int eventId) => Of(eventId).Count;

    public IReadOnlyList<string> Of(int eventId) =>
        [.. _lines.Where(line => line.Id == eventId).Select(line => line.Text)];

    public void Clear() => _lines.Clear();

    public ILogger CreateLogger(string categoryName) => this;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        var text = formatter(state, exception) + (exception is null ? "" : $"\n{exception}");
        _lines.Enqueue((eventId.Id, text));
        if (logLevel >= LogLevel.Error)
        {
            _errors.Enqueue(text);
        }
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Dispose()
    {
    }
}
