using Highwater.Engine.Errors;
using Highwater.Engine.Storage.Local;
using Highwater.Engine.Storage.Sftp;
using Microsoft.Extensions.Logging;

namespace Highwater.Engine.Storage;

/// <summary>
/// Opens the storage an address speaks of. Nothing is touched or connected before the first call to it.
/// </summary>
public static class StorageFactory
{
    /// <param name="address">A path or <c>sftp://user@host:port/path</c>.</param>
    /// <param name="identityFile">The private key; needed for sftp only.</param>
    /// <param name="knownHostsFile">The known_hosts file; needed for sftp only.</param>
    /// <param name="logger">Where reconnects are told.</param>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.UsageInvalid"/>.</exception>
    public static IStorage Open(
        string address, string? identityFile = null, string? knownHostsFile = null, ILogger? logger = null)
    {
        var parsed = StorageAddress.Parse(address);
        if (parsed is not { Host: { } host, User: { } user })
            return new LocalStorage(parsed.Path);
        return new SftpStorage(
            new SftpOptions(
                host, user, parsed.Path,
                Needed(identityFile, "private key", "--identity-file backup-keys/id_ed25519"),
                Needed(knownHostsFile, "known_hosts file",
                    "--known-hosts backup-keys/known_hosts")) { Port = parsed.Port },
            logger);
    }

    private static string Needed(string? file, string what, string example) => string.IsNullOrWhiteSpace(file)
        ? throw new HighwaterException(
            ErrorCodes.UsageInvalid, $"An sftp repository needs a {what}, and none was named.", $"add {example}.")
        : file;
}
