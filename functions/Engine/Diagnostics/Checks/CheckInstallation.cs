using Highwater.Engine.Configuration;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.WalArchiving;

namespace Highwater.Engine.Diagnostics.Checks;

/// <summary>
/// Checks every success criterion of an installation from end to end: has a WAL segment closed on the server, sees it
/// arrive in each repository, and judges what is there.
/// </summary>
/// <param name="settings">Of the installation.</param>
/// <param name="repositories">Those of the settings, in their order.</param>
/// <param name="probeWal">Follows the segment.</param>
/// <param name="clock">What time it is, and in which zone the schedule is meant.</param>
public sealed class CheckInstallation(
    HighwaterSettings settings, IReadOnlyList<RepositorySource> repositories, ProbeWal probeWal, TimeProvider clock)
{
    /// <summary>Checks. Whatever is wrong is in the report and is no exception. Repeatable; all that stays of it is
    /// one more WAL segment.</summary>
    /// <param name="schedule">Whether anything runs the schedules; null if nobody looked.</param>
    /// <param name="deadline">How long to wait for the segment in each repository.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<CheckReport> RunAsync(
        ScheduleFacts? schedule, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var (server, unmet) = await ReadServerAsync(cancellationToken);
        var serverClock = server is null ? null : await ReadClockAsync(cancellationToken);
        var probe = server is null || server.InRecovery || unmet.Any(IsArchivingOff)
            ? null
            : await probeWal.RunAsync(repositories, deadline, cancellationToken);
        var pace = StatusPace.Of(settings.Schedules, clock);
        var reading = await new ReadStatus(clock, settings.WalSource, settings.WalStream).ReadAsync(
            repositories, settings.SpoolPath, server is null ? null : settings.Postgres, pace, cancellationToken);
        var now = clock.GetUtcNow();
        List<CheckedRepository> read = [.. reading.Report.Repositories.Select((status, index) => new CheckedRepository(
            status,
            probe?.Arrivals[index],
            reading.Inventories[index] is { } inventory ? RepositoryGrowth.Of(inventory, now) : null))];
        var facts = new CheckFacts(
            now, pace, settings, server, unmet, reading.Report.Server, probe, read, reading.Report.Spool,
            settings.WalSource == WalSource.Stream
                ? ProbeSpool.RunQuarantine(settings.SpoolPath)
                : ProbeSpool.Run(settings.SpoolPath),
            [.. Clocks(serverClock, probe)], schedule);
        return new CheckReport(facts.At, CheckJudge.Judge(facts));
    }

    private static bool IsArchivingOff(StatusFault fault) => fault.Code == ErrorCodes.ArchivingOff.Code;

    private async Task<(ServerFacts? Facts, IReadOnlyList<StatusFault> Unmet)> ReadServerAsync(
        CancellationToken cancellationToken)
    {
        try
        {
            var facts = await new ReadServerFacts(settings.Postgres).RunAsync(cancellationToken);
            var unmet = await new CheckServer(settings.Postgres, settings.Wal).FindUnmetAsync(facts, cancellationToken);
            return (facts, [.. unmet.Select(StatusFault.Of)]);
        }
        catch (HighwaterException e)
        {
            return (null, [StatusFault.Of(e)]);
        }
    }

    private async Task<ClockOffset?> ReadClockAsync(CancellationToken cancellationToken)
    {
        try
        {
            var before = clock.GetUtcNow();
            var read = await new ReadServerClock(settings.Postgres).RunAsync(cancellationToken);
            return ClockOffset.Between("the server", read, before, clock.GetUtcNow());
        }
        catch (HighwaterException)
        {
            return null; // It answered a moment ago; whoever asks it next says what is wrong now.
        }
    }

    private static IEnumerable<ClockOffset> Clocks(ClockOffset? server, WalProbe? probe)
    {
        if (server is not null)
            yield return server;

        // Some storages count in whole seconds, cut off.
        foreach (var arrival in probe?.Arrivals ?? [])
        {
            if (arrival is { StoredAt: { } stored, SeenAt: { } seen })
                yield return ClockOffset.Between(
                    $"the repository '{arrival.Repository}'", stored, probe!.MarkedAt.AddSeconds(-1), seen);
        }
    }
}
