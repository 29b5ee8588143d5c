namespace Highwater.EndToEnd.Tests;

/// <summary>An installation with one base backup that meets every criterion of <c>highwater check</c>; each test
/// leaves it so.</summary>
public sealed class CheckFixture : IAsyncLifetime
{
    public Installation Installation { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var token = TestContext.Current.CancellationToken;
        Installation = await Installation.StartAsync(token);
        await Installation.Postgres.ExecuteAsync("ALTER SYSTEM SET archive_timeout = 60", token);
        await Installation.Postgres.ExecuteAsync("SELECT pg_reload_conf()", token);
        await Installation.RunJsonAsync(token, "backup");
    }

    public ValueTask DisposeAsync() => Installation.DisposeAsync();
}
