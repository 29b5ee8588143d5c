using System.Net.Sockets;
using Highwater.Engine.Errors;
using Renci.SshNet;
using Renci.SshNet.Common;

namespace Highwater.Engine.Storage.Sftp;

/// <summary>Makes connections: strong algorithms only, the fastest cipher first, the host key always checked.</summary>
internal sealed class SshConnector(SftpOptions options, SftpErrors errors)
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    // AES-GCM runs in hardware and needs no separate MAC: several times the speed of CTR with HMAC.
    private static readonly string[] Ciphers =
    [
        "aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com",
        "aes128-ctr", "aes192-ctr", "aes256-ctr",
    ];

    /// <exception cref="BrokenConnectionException">Refused, unknown name, broken off: may be tried again.</exception>
    /// <exception cref="HighwaterException">Host key, identity or login are wrong, or the server is silent.</exception>
    public async Task<TClient> ConnectAsync<TClient>(Func<ConnectionInfo, TClient> create,
        CancellationToken cancellationToken)
        where TClient : BaseClient
    {
        var known = KnownHosts.Load(options.KnownHostsFile);
        using var identity = IdentityKey.Load(options.IdentityFile);
        using var login = new PrivateKeyAuthenticationMethod(options.User, identity);
        var client = create(Describe(known, login));
        client.KeepAliveInterval = KeepAlive;
        HighwaterException? refusal = null;
        client.HostKeyReceived += (_, shown) =>
        {
            refusal = known.Judge(options.Host, options.Port, shown.HostKey);
            shown.CanTrust = refusal is null;
        };
        try
        {
            // SSH.NET waits synchronously in the middle of connecting.
            await Task.Run(() => client.ConnectAsync(cancellationToken), cancellationToken);
            return client;
        }
        catch (Exception fault)
        {
            client.Dispose();
            throw refusal ?? Explain(fault, identity);
        }
    }

    private Exception Explain(Exception fault, IdentityKey identity) => fault switch
    {
        OperationCanceledException or HighwaterException => fault,
        SshAuthenticationException => identity.Refused(options, fault),
        SshOperationTimeoutException => errors.Silent("connecting", options.ConnectDeadline, fault),
        SshConnectionException or SocketException or ObjectDisposedException or IOException =>
            new BrokenConnectionException("connecting", fault),
        SshException => errors.NoSftp(fault),
        _ => errors.Failed("connecting", fault),
    };

    private ConnectionInfo Describe(KnownHosts known, PrivateKeyAuthenticationMethod login)
    {
        var info = new ConnectionInfo(options.Host, options.Port, options.User, login)
        {
            Timeout = options.ConnectDeadline,
            RetryAttempts = 1,
        };
        Keep(info.Encryptions, Ciphers);
        Keep(info.KeyExchangeAlgorithms, info.KeyExchangeAlgorithms.Keys.Where(
            name => !name.EndsWith("sha1", StringComparison.Ordinal)));

        // Certificates would need @cert-authority lines; without them they only hide the plain key that is known.
        var plain = info.HostKeyAlgorithms.Keys.Where(
            name => name != "ssh-rsa" && !name.Contains("-cert-", StringComparison.Ordinal)).ToList();
        var types = known.KeyTypesOf(options.Host, options.Port);
        Keep(info.HostKeyAlgorithms, plain.OrderBy(name => types.Contains(KeyTypeOf(name)) ? 0 : 1));
        return info;
    }

    /// <summary>Signature algorithms of RSA keys differ in the hash; the key's type is the same (RFC 8332).</summary>
    private static string KeyTypeOf(string algorithm) =>
        algorithm.StartsWith("rsa-sha2-", StringComparison.Ordinal) ? "ssh-rsa" : algorithm;

    /// <summary>Keeps the named algorithms only, in this order, which is the order of preference.</summary>
    private static void Keep<T>(IDictionary<string, T> algorithms, IEnumerable<string> names)
    {
        var kept = names.Where(algorithms.ContainsKey).Select(name =>
            KeyValuePair.Create(name, algorithms[name])).ToList();
        algorithms.Clear();
        foreach (var (name, algorithm) in kept)
            algorithms.Add(name, algorithm);
    }
}
