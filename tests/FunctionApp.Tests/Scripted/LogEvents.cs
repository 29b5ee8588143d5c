using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Highwater.FunctionApp.Tests.Scripted;

/// <summary>Keeps the ids of what was logged.</summary>
public sealed class LogEvents : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<int> _ids = [];

    public int CountOf(int eventId) => _ids.Count(id => id == eventId);

    public ILogger CreateLogger(string categoryName) => this;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter) => _ids.Enqueue(eventId.Id);

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Dispose()
    {
    }
}
