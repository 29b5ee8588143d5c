using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.Tests.Sample;

/// <summary>Keeps what was logged, as category and message.</summary>
internal sealed class LogLines : ILoggerProvider
{
    private readonly ConcurrentQueue<string> _lines = [];

    public IReadOnlyList<string> All => [.. _lines];

    public IEnumerable<string> Of(string message) =>
        _lines.Where(line => line.EndsWith(": " + message, StringComparison.Ordinal));

    public ILogger CreateLogger(string categoryName) => new Category(categoryName, _lines);

    public void Dispose()
    {
    }

    private sealed class Category(string name, ConcurrentQueue<string> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter) => lines.Enqueue($"{name}: {formatter(state, exception)}");
    }
}
