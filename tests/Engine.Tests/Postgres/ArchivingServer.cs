using Highwater.TestKit.Postgres;

namespace Highwater.Engine.Tests.Postgres;

/// <summary>One server as the documents ask for, shared by the tests that leave it as it was.</summary>
public sealed class ArchivingServer : IAsyncLifetime
{
    public const string User = "highwater";
    public const string Password = "s3cret'pass";

    public PostgresServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Server = await PostgresServer.StartAsync(
            new PostgresServerOptions { Archiving = true, WalSegmentMegabytes = 1 }, CancellationToken.None);
        var quoted = Password.Replace("'", "''", StringComparison.Ordinal);
        await Server.CreateBackupUserAsync(User, quoted, CancellationToken.None);
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
