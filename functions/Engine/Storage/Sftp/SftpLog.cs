using Microsoft.Extensions.Logging;

namespace Highwater.Engine.Storage.Sftp;

internal static partial class SftpLog
{
    [LoggerMessage(3001, LogLevel.Warning,
        "Connection to {Address} broke while {Doing}: {Reason}. Attempt {Attempt} follows.")]
    public static partial void Reconnecting(ILogger logger, string address, string doing, string reason, int attempt);

    [LoggerMessage(3002, LogLevel.Information,
        "{Address} allows no shell: what is stored there is read back and hashed instead of flushed with sync.")]
    public static partial void NoShell(ILogger logger, string address);
}
