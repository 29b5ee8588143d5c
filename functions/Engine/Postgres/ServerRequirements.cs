using Highwater.Engine.Errors;

namespace Highwater.Engine.Postgres;

/// <summary>What a server must be like to be backed up. Pure: facts in, every unmet requirement out.</summary>
public static class ServerRequirements
{
    /// <summary>backup manifests came with 13 (release notes of PostgreSQL 13).</summary>
    public const int OldestMajor = 13;

    private const string ArchiveRemedy =
        "ALTER SYSTEM SET archive_mode = on; "
        + "ALTER SYSTEM SET archive_command = '/path/to/infra/postgres/archive-wal \"%p\" \"%f\"'; "
        + "then restart the server with WAL_SPOOL_PATH in its environment.";

    /// <summary>Every unmet requirement, the gravest first; empty if the server can be backed up.</summary>
    /// <param name="facts">Of the server.</param>
    /// <param name="server">How it was asked.</param>
    /// <param name="mustArchive">False where WAL is streamed instead.</param>
    public static IReadOnlyList<HighwaterException> FindUnmet(
        ServerFacts facts, PostgresOptions server, bool mustArchive = true)
    {
        List<HighwaterException> unmet = [];
        if (facts.MajorVersion < OldestMajor)
            unmet.Add(TooOld(server, $"{facts.MajorVersion}"));
        if (!facts.Role.MayReplicate)
            unmet.Add(PostgresErrors.ReplicationRightMissing(server));
        if (!facts.Role.MayReadAllSettings)
            unmet.Add(SettingsRightMissing(server));
        AddSenders(unmet, facts);
        AddWalLevel(unmet, facts);
        if (mustArchive)
            AddArchiving(unmet, facts);
        return unmet;
    }

    /// <summary>One error that names all of them, with the code of the first. It is transient only if all
    /// are.</summary>
    public static HighwaterException Combine(IReadOnlyList<HighwaterException> unmet)
    {
        if (unmet.Count == 1)
            return unmet[0];
        var what = string.Join("\n  ", unmet.Select((e, i) => $"{i + 1}. {e.WhatHappened}"));
        var remedy = string.Join("\n  ", unmet.Select((e, i) => $"{i + 1}. {e.Remedy}"));
        return unmet.All(e => e is TransientException)
            ? new TransientException(unmet[0].Code, what, remedy)
            : new HighwaterException(unmet[0].Code, what, remedy);
    }

    internal static HighwaterException TooOld(PostgresOptions server, string version) => new(
        ErrorCodes.PostgresTooOld,
        $"PostgreSQL at {server.Host}:{server.Port} is version {version}; "
        + $"the oldest that can be backed up is {OldestMajor}.",
        $"upgrade the server to {OldestMajor} or later with pg_upgrade.");

    private static HighwaterException SettingsRightMissing(PostgresOptions server) => new(
        ErrorCodes.PostgresRightMissing,
        $"User '{server.User}' may not read all settings of the server, such as data_directory.",
        $"GRANT pg_read_all_settings TO {PostgresErrors.Quote(server.User)};");

    private static void AddSenders(List<HighwaterException> unmet, ServerFacts facts)
    {
        if (facts.MaxWalSenders == 0)
        {
            unmet.Add(new HighwaterException(
                ErrorCodes.WalSendersBusy, "max_wal_senders is 0: the server takes no replication connection.",
                "ALTER SYSTEM SET max_wal_senders = 10; then restart the server."));
        }
    }

    private static void AddWalLevel(List<HighwaterException> unmet, ServerFacts facts)
    {
        if (facts.WalLevel == "minimal")
        {
            unmet.Add(NotArchiving(
                "wal_level is minimal: the WAL is not enough to recover from.",
                "ALTER SYSTEM SET wal_level = replica; then restart the server."));
        }
    }

    private static void AddArchiving(List<HighwaterException> unmet, ServerFacts facts)
    {
        if (facts.ArchiveMode == "off")
            unmet.Add(NotArchiving("archive_mode is off: no WAL is archived.", ArchiveRemedy));
        else if (facts.ArchiveCommand.Length == 0 && facts.ArchiveLibrary.Length == 0)
            unmet.Add(NotArchiving("archive_command and archive_library are empty.", ArchiveRemedy));
        else if (facts.InRecovery && facts.ArchiveMode != "always")
        {
            unmet.Add(NotArchiving(
                $"The server is a standby, which archives nothing with archive_mode = {facts.ArchiveMode}.",
                "set POSTGRES_HOST to the primary, or ALTER SYSTEM SET archive_mode = always; and restart."));
        }
    }

    private static HighwaterException NotArchiving(string what, string remedy) =>
        new(ErrorCodes.ArchivingOff, what, remedy);
}
