using Highwater.Engine.Storage.Sftp;

namespace Highwater.TestKit.Ssh;

/// <summary>One server for all tests of a class. Keys take longer to make than most tests to run.</summary>
public abstract class SshServerFixture(SshServerOptions options) : IAsyncDisposable
{
    private readonly Lazy<Task<SshServer>> _server = new(() => SshServer.StartAsync(options));

    public Task<SshServer> ServerAsync() => _server.Value;

    /// <summary>The way into a server for these tests, with deadlines short enough to wait for.</summary>
    public static SftpOptions OptionsFor(SshServer server, string path) =>
        new(SshServer.Host, SshServer.User, path, server.Ed25519Key, server.KnownHosts)
        {
            Port = server.Port,
            OperationDeadline = TimeSpan.FromSeconds(20),
            RetryPause = TimeSpan.FromMilliseconds(50),
        };

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_server.IsValueCreated)
            await (await _server.Value).DisposeAsync();
    }
}
