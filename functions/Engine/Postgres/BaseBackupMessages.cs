using Microsoft.Extensions.Logging;

namespace Highwater.Engine.Postgres;

/// <summary>Reads what pg_basebackup writes to standard error, logs it, and keeps the end for the error
/// message.</summary>
internal sealed partial class BaseBackupMessages
{
    private const int Kept = 20;
    private readonly Queue<string> _lines = [];
    private readonly ILogger _logger;

    public BaseBackupMessages(StreamReader standardError, ILogger logger)
    {
        _logger = logger;
        Completion = ReadAsync(standardError);
    }

    /// <summary>Completes at the end of standard error, which comes with the end of the process.</summary>
    public Task Completion { get; }

    /// <summary>Only to be read after <see cref="Completion"/>.</summary>
    public IReadOnlyList<string> LastLines => [.. _lines];

    private async Task ReadAsync(StreamReader standardError)
    {
        while (await standardError.ReadLineAsync() is { } line)
        {
            if (string.IsNullOrWhiteSpace(line))
                continue;
            if (_lines.Count == Kept)
                _lines.Dequeue();
            _lines.Enqueue(line);
            if (line.StartsWith("NOTICE:", StringComparison.Ordinal))
                Noted(_logger, line);
            else
                Said(_logger, line);
        }
    }

    [LoggerMessage(EventId = 2001, Level = LogLevel.Warning, Message = "pg_basebackup: {Line}")]
    private static partial void Said(ILogger logger, string line);

    /// <summary>Such as "all required WAL segments have been archived", which is no cause for concern.</summary>
    [LoggerMessage(EventId = 2002, Level = LogLevel.Information, Message = "pg_basebackup: {Line}")]
    private static partial void Noted(ILogger logger, string line);
}
