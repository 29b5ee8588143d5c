namespace Highwater.EndToEnd.Tests;

/// <summary>One installation for all tests of a class, with a few pgbench rows; each test leaves it in working
/// order.</summary>
public sealed class InstallationFixture : IAsyncLifetime
{
    public Installation Installation { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Installation = await Installation.StartAsync(TestContext.Current.CancellationToken);
        await Installation.Postgres.FillWithPgbenchAsync(1, TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync() => Installation.DisposeAsync();
}
