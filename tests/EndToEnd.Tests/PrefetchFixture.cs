using System.Globalization;
using Highwater.TestKit.Postgres;

namespace Highwater.EndToEnd.Tests;

/// <summary>
/// Both repositories hold a base backup and many segments of WAL after it, with a row in each. Tests restore from them
/// and leave them as they are.
/// </summary>
public sealed class PrefetchFixture : IAsyncLifetime
{
    /// <summary>Rows of the table <c>steps</c>, each of which came in a segment of its own.</summary>
    public const int Steps = 30;

    public Installation Installation { get; private set; } = null!;

    /// <summary>The segments with the rows, in order.</summary>
    public IReadOnlyList<string> Segments { get; private set; } = [];

    /// <summary>The LSN right after the first rows.</summary>
    public string AfterFourSteps { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        var token = TestContext.Current.CancellationToken;
        Installation = await Installation.StartAsync(
            token, new PostgresServerOptions { Archiving = true, WalSegmentMegabytes = 1 });
        await Installation.Postgres.ExecuteAsync("CREATE TABLE steps (step int)", token);
        (await Installation.RunAsync(token, "backup")).ExpectDone();
        var segments = new List<string>();
        for (var step = 1; step <= Steps; step++)
        {
            await Installation.Postgres.ExecuteAsync(
                $"INSERT INTO steps VALUES ({step.ToString(CultureInfo.InvariantCulture)})", token);
            segments.Add(await Installation.Postgres.QueryAsync<string>(
                "SELECT pg_walfile_name(pg_current_wal_lsn())", token));
            if (step == 4)
                AfterFourSteps = await Installation.Postgres.QueryAsync<string>(
                    "SELECT pg_current_wal_lsn()::text", token);
            await Installation.Postgres.ExecuteAsync("SELECT pg_switch_wal()", token);
        }

        await Installation.Postgres.ArchiveCurrentWalAsync(token);
        (await Installation.RunAsync(token, "wal-sync")).ExpectDone();
        Segments = segments;
    }

    public ValueTask DisposeAsync() => Installation.DisposeAsync();
}
