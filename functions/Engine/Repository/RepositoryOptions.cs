namespace Highwater.Engine.Repository;

/// <summary>One repository an installation writes to or reads from.</summary>
/// <param name="Name">What operators call it: <c>local</c>, <c>remote</c>, or its address if it has no other
/// name.</param>
/// <param name="Address">A path or <c>sftp://user@host:port/path</c>.</param>
/// <param name="IdentityFile">The private key for SFTP; null for a path.</param>
/// <param name="KnownHosts">The known_hosts file for SFTP; null for a path.</param>
public sealed record RepositoryOptions(
    string Name, string Address, string? IdentityFile = null, string? KnownHosts = null)
{
    /// <summary>The repository beside the server, which every base backup and segment reaches first.</summary>
    public const string Local = "local";

    /// <summary>The repository on another machine.</summary>
    public const string Remote = "remote";
}
