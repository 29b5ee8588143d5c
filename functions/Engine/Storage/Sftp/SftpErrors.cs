using System.Globalization;
using System.Net.Sockets;
using Highwater.Engine.Errors;
using Renci.SshNet.Common;

namespace Highwater.Engine.Storage.Sftp;

/// <summary>Turns what SSH.NET and the server say into errors an operator can act on.</summary>
internal sealed class SftpErrors(SftpOptions options)
{
    private string Check => $"ssh -p {options.Port} {options.User}@{options.Host}";

    /// <summary>Whether the connection is of no use any more, whatever it was doing.</summary>
    public static bool IsBroken(Exception fault) => fault switch
    {
        SftpException or SshAuthenticationException or SshOperationTimeoutException => false,
        SshException or SocketException or ObjectDisposedException or EndOfStreamException => true,
        _ => false,
    };

    public TransientException Unreachable(BrokenConnectionException broken) => new(
        ErrorCodes.StorageUnreachable,
        $"{options.Address} cannot be reached while {broken.Doing} ({options.Retries + 1} attempts): {broken.Message}",
        broken.InnerException is SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain }
            ? $"see that the name {options.Host} is right and resolves here (`getent hosts {options.Host}`)."
            : $"see that the server is up and its SSH port open from here (`{Check}`); the next run continues.",
        broken);

    public TransientException Silent(string doing, TimeSpan deadline, Exception? inner = null) => new(
        ErrorCodes.StorageUnreachable,
        $"{options.Address} fell silent while {doing}: no answer for "
        + $"{Seconds(deadline)} s, so the connection was given up.",
        $"see that the network and the server's disk respond (`{Check} uptime`); the next run continues.",
        inner);

    public TransientException NoSession(string doing, TimeSpan deadline) => new(
        ErrorCodes.StorageUnreachable,
        $"{options.Address} refused a session for {doing} for {Seconds(deadline)} s.",
        "see that MaxSessions in sshd_config on the server is at least 1, better 10; the next run continues.");

    public HighwaterException NoSftp(Exception inner) => new(
        ErrorCodes.StorageFailed,
        $"{options.Address}: the login works, but the server does not offer SFTP: {inner.Message}",
        "add the line `Subsystem sftp internal-sftp` to sshd_config on the server and reload sshd.",
        inner);

    /// <summary>What the SFTP server answered when it refused something.</summary>
    public HighwaterException Refused(string doing, string place, SftpException fault) => fault switch
    {
        SftpPathNotFoundException => StorageErrors.Missing(place, fault),
        SftpPermissionDeniedException => Denied(doing, fault),
        _ => Failed(doing, fault),
    };

    public HighwaterException Denied(string doing, Exception fault) =>
        StorageErrors.Denied($"{doing} at {options.Address}", options.User, options.Path, fault);

    public HighwaterException Failed(string doing, Exception fault) => StorageErrors.Failed(
        $"{doing} at {options.Address}", fault,
        $"look at the server's log and disk (`{Check} 'df -h; dmesg | tail'`).");

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
}
