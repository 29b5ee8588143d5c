namespace Highwater.Engine.Storage.Sftp;

/// <summary>An SSH server that keeps a repository, and how to get in. Key authentication only.</summary>
/// <param name="Host">Name or address.</param>
/// <param name="User">Who to log in as.</param>
/// <param name="Path">Absolute folder on the server, or one below the user's home if it does not start with a
/// slash.</param>
/// <param name="IdentityFile">The private key: ed25519 or RSA, without a passphrase.</param>
/// <param name="KnownHostsFile">OpenSSH known_hosts; a server that is not in it is refused.</param>
public sealed record SftpOptions(string Host, string User, string Path, string IdentityFile, string KnownHostsFile)
{
    public int Port { get; init; } = 22;

    /// <summary>How many connections at most carry data, 1 to 4. They are opened as they are needed.</summary>
    public int Connections { get; init; } = 2;

    /// <summary>How long the server may be silent in the middle of something before it counts as unreachable.</summary>
    public TimeSpan OperationDeadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long connecting and logging in may take.</summary>
    public TimeSpan ConnectDeadline { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How often a broken connection is made anew within one call.</summary>
    public int Retries { get; init; } = 3;

    /// <summary>The first pause before connecting anew; it doubles.</summary>
    public TimeSpan RetryPause { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>As an operator writes it: <c>sftp://user@host:port/path</c>.</summary>
    public string Address
    {
        get
        {
            var host = Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host;
            return $"sftp://{User}@{host}:{Port}{(Path.StartsWith('/') ? "" : "/~/")}{Path}";
        }
    }
}
