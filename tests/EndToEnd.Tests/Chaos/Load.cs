using Highwater.TestKit.Postgres;

namespace Highwater.EndToEnd.Tests.Chaos;

/// <summary>pgbench, again and again, whatever becomes of the server.</summary>
internal sealed class Load : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    public Load(PostgresServer server) => _running = RunAsync(server, _stop.Token);

    /// <summary>Lets the run that is under way end by itself.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private static async Task RunAsync(PostgresServer server, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await server.PgbenchAsync(CancellationToken.None, "-n", "-c", "2", "-T", "2", "--rate=40");
            }
            catch (InvalidOperationException)
            {
                // The server is away, as the storm wants it, and pgbench gives up at once.
                await Task.Delay(TimeSpan.FromMilliseconds(200), CancellationToken.None);
            }
        }
    }
}
