using Highwater.TestKit.Ssh;

namespace Highwater.EndToEnd.Tests;

/// <summary>One installation for all crash tests, which leave it in working order. Both repositories hold a base
/// backup, and the remote host says what it was sent.</summary>
public sealed class CrashFixture : IAsyncLifetime
{
    public Installation Installation { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var token = TestContext.Current.CancellationToken;
        Installation = await Installation.StartAsync(token, ssh: new SshServerOptions(LogTransfers: true));
        (await Installation.RunAsync(token, "backup")).ExpectDone();
    }

    public ValueTask DisposeAsync() => Installation.DisposeAsync();
}
