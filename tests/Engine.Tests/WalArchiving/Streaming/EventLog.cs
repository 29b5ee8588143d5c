using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Highwater.Engine.Tests.WalArchiving.Streaming;

/// <summary>Keeps what is logged as an error, from any thread.</summary>
internal sealed class EventLog<T> : ILogger<T>
{
    private readonly ConcurrentQueue<string> _errors = [];

    public string Errors => string.Join('\n', _errors);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (logLevel >= LogLevel.Error)
            _errors.Enqueue(formatter(state, exception));
    }
}
