using Highwater.Engine.Errors;
using Renci.SshNet;
using Renci.SshNet.Common;
using Renci.SshNet.Security;

namespace Highwater.Engine.Storage.Sftp;

/// <summary>The private key to log in with.</summary>
internal sealed class IdentityKey : IPrivateKeySource, IDisposable
{
    private readonly PrivateKeyFile _file;
    private readonly string _path;

    private IdentityKey(PrivateKeyFile file, string path)
    {
        _file = file;
        _path = path;

        // ssh-rsa signs with SHA-1: servers refuse it since OpenSSH 8.8, and each refusal counts as a failed attempt.
        HostKeyAlgorithms = [.. file.HostKeyAlgorithms.Where(algorithm => algorithm.Name != "ssh-rsa")];
    }

    public IReadOnlyCollection<HostAlgorithm> HostKeyAlgorithms { get; }

    private byte[] PublicKey => HostKeyAlgorithms.First().Data;

    /// <exception cref="HighwaterException">The file is missing, unreadable, encrypted or no private key.</exception>
    public static IdentityKey Load(string path)
    {
        var full = Path.GetFullPath(path);
        try
        {
            return new IdentityKey(new PrivateKeyFile(full), full);
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Unusable(
                $"The SSH key {full} does not exist.",
                $"make one with `ssh-keygen -t ed25519 -N '' -f {full}` and append {full}.pub to "
                + $"~/.ssh/authorized_keys of "
                + "the user on the server, or name another with REMOTE_BACKUP_KEY_FILE or --identity-file.",
                fault);
        }
        catch (UnauthorizedAccessException fault)
        {
            throw Unusable(
                $"The SSH key {full} cannot be read by user {Environment.UserName}.",
                $"`chown {Environment.UserName} {full} && chmod 0600 {full}`.",
                fault);
        }
        catch (SshPassPhraseNullOrEmptyException fault)
        {
            throw Unusable(
                $"The SSH key {full} is protected by a passphrase, which an unattended backup cannot type.",
                $"make a key for backups alone with `ssh-keygen -t ed25519 -N '' -f KEYFILE`, or remove the "
                + $"passphrase with "
                + $"`ssh-keygen -p -N '' -f {full}`.",
                fault);
        }
        catch (Exception fault)
        {
            throw Unusable(
                $"{full} is not a private SSH key: {fault.Message}",
                "name the private key (not the .pub file), in OpenSSH or PEM form: `ssh-keygen -y -f KEYFILE` must "
                + "print its "
                + "public half.",
                fault);
        }
    }

    /// <summary>The server does not let this key in.</summary>
    public HighwaterException Refused(SftpOptions options, Exception fault) => new(
        ErrorCodes.SshLoginFailed,
        $"{options.Host} port {options.Port} does not let user {options.User} in with the key {_path} "
        + $"({SshFingerprint.TypeOf(PublicKey)} {SshFingerprint.Of(PublicKey)}): {fault.Message}",
        $"see that the user exists and append this line to its ~/.ssh/authorized_keys on the server "
        + $"(folder mode 0700, file 0600):\n  {SshFingerprint.LineOf(PublicKey)} highwater",
        fault);

    public void Dispose() => _file.Dispose();

    private static HighwaterException Unusable(string whatHappened, string remedy, Exception inner) =>
        new(ErrorCodes.IdentityFileUnusable, whatHappened, remedy, inner);
}
