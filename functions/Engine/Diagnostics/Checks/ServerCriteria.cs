using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.WalArchiving;

namespace Highwater.Engine.Diagnostics.Checks;

/// <summary>The criteria of the server and its archiving. Pure.</summary>
internal static class ServerCriteria
{
    private const string TimeoutRemedy = "ALTER SYSTEM SET archive_timeout = 60; SELECT pg_reload_conf();";

    // Longer than this a quiet server keeps more to itself than its operators expect.
    private static readonly TimeSpan LongTimeout = TimeSpan.FromMinutes(10);

    public static IEnumerable<CheckLine> Judge(CheckFacts facts)
    {
        if (facts.Server is not { } server)
            return facts.Unmet.Select(fault => Fault("server", fault));
        return
        [
            .. OfServer(server, facts),
            .. OfArchiving(server, facts),
            .. OfTimeout(server, facts),
            .. OfProbe(facts),
        ];
    }

    private static IEnumerable<CheckLine> OfServer(ServerFacts server, CheckFacts facts)
    {
        var unmet = facts.Unmet.Where(fault => !IsOfArchiving(fault)).Select(fault => Fault("server", fault)).ToList();
        if (unmet.Count > 0)
            return unmet;
        var role = facts.Settings.Postgres.User;
        var may = $"PostgreSQL {server.VersionNumber / 10_000}.{server.VersionNumber % 10_000} at "
            + $"{facts.Settings.Postgres.Host}:{facts.Settings.Postgres.Port} answers; the role '{role}' may take base "
            + "backups, read the settings";
        return server.Role.MaySwitchWal
            ? [new CheckLine("server", null, StatusLevel.Ok, $"{may}, and close WAL segments.")]
            : [new CheckLine(
                "server", null, StatusLevel.Warn,
                $"{may}, but not close WAL segments: a base backup waits until the server does.",
                $"GRANT EXECUTE ON FUNCTION pg_switch_wal() TO {PostgresErrors.Quote(role)};")];
    }

    private static IEnumerable<CheckLine> OfArchiving(ServerFacts server, CheckFacts facts)
    {
        var unmet = facts.Unmet.Where(IsOfArchiving).Select(fault => Fault("archiving", fault)).ToList();
        if (unmet.Count > 0)
            return unmet;
        var judged = facts.Archiving is { } archiving
            ? ServerJudge.Judge(archiving, facts.Pace, facts.At)
                .Concat(StreamJudge.OfStandstill(
                    archiving, facts.Repositories[0].Status.Name, facts.Repositories[0].Status.RecoveryPoint,
                    facts.Pace))
                .Select(line => new CheckLine(
                    line.Subject == StreamJudge.Stream ? "streaming" : "archiving", null, line.Level, line.Text,
                    line.Remedy))
            : [];
        if (facts.Settings.WalSource == WalSource.Stream)
            return judged;
        return [.. ArchiveCommandCriterion.Judge(server, facts.Settings.SpoolPath), .. judged];
    }

    private static IEnumerable<CheckLine> OfTimeout(ServerFacts server, CheckFacts facts)
    {
        // A standby closes no segments (CheckArchiveTimeout in postmaster/checkpointer.c); its primary does.
        if (server.ArchiveMode == "off" || server.InRecovery || facts.Settings.WalSource == WalSource.Stream)
            return [];
        if (server.ArchiveTimeout == TimeSpan.Zero)
            return [Line(
                StatusLevel.Warn,
                "archive_timeout is 0: a quiet server keeps its last WAL segment to itself until it is full.",
                TimeoutRemedy)];
        var text = $"A quiet server hands over its WAL after {new Duration(server.ArchiveTimeout)} at the latest.";
        return [server.ArchiveTimeout > LongTimeout
            ? Line(StatusLevel.Warn, text, TimeoutRemedy)
            : Line(StatusLevel.Ok, text, null)];

        static CheckLine Line(StatusLevel level, string text, string? remedy) =>
            new("archive-timeout", null, level, text, remedy);
    }

    /// <summary>Only what kept the probe from being made; what became of it is said for each repository.</summary>
    private static IEnumerable<CheckLine> OfProbe(CheckFacts facts)
    {
        if (facts.Probe is { Fault: { } fault })
            return [Fault("wal-arrival", fault)];
        return facts.Probe is null && facts.Server!.InRecovery
            ? [new CheckLine(
                "wal-arrival", null, StatusLevel.Warn,
                "The server is a standby, which closes no WAL segment of its own: none was followed.",
                "run this check against the primary: POSTGRES_HOST")]
            : [];
    }

    private static bool IsOfArchiving(StatusFault fault) => fault.Code == ErrorCodes.ArchivingOff.Code;

    private static CheckLine Fault(string criterion, StatusFault fault) =>
        new(criterion, null, StatusLevel.Fail, $"{fault.Code}: {fault.WhatHappened}", fault.Remedy);
}
