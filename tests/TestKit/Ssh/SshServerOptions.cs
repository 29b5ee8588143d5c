namespace Highwater.TestKit.Ssh;

/// <param name="SftpOnly">Only <c>internal-sftp</c>, as hosters give it: every command runs the SFTP server instead of
/// a shell.</param>
/// <param name="HostKeyTypes">Which host keys the server has, of <c>ed25519</c> and <c>rsa</c>.</param>
/// <param name="ExtraSettings">Lines added to sshd_config.</param>
/// <param name="LogTransfers">Every file that SFTP opens and closes goes into
/// <see cref="SshServer.TransferLog"/>.</param>
public sealed record SshServerOptions(
    bool SftpOnly = false, IReadOnlyList<string>? HostKeyTypes = null, IReadOnlyList<string>? ExtraSettings = null,
    bool LogTransfers = false);
