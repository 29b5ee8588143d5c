using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.Http;

internal static partial class HttpLog
{
    [LoggerMessage(7301, LogLevel.Error, "HTTP function {Function} failed")]
    public static partial void FunctionFailed(ILogger logger, string function, Exception error);

    [LoggerMessage(
        7302, LogLevel.Information,
        "Executing 'Functions.{Function}' (Reason='This function was programmatically called via the host APIs.')")]
    public static partial void RunByHand(ILogger logger, string function);

    [LoggerMessage(7303, LogLevel.Error, "Function {Function}, called via the host APIs, failed")]
    public static partial void RunByHandFailed(ILogger logger, string function, Exception error);

    [LoggerMessage(7304, LogLevel.Error, "The answer to {Method} {Path} failed")]
    public static partial void RequestFailed(ILogger logger, string method, string path, Exception error);

    [LoggerMessage(7305, LogLevel.Warning, "Not ready: {Reason}")]
    public static partial void NotReady(ILogger logger, string reason);

    [LoggerMessage(7306, LogLevel.Error, "The state database does not answer")]
    public static partial void DatabaseFailed(ILogger logger, Exception error);
}
