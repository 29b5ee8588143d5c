using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.WalArchiving;
using Highwater.Engine.WalArchiving.Streaming;
using Microsoft.Extensions.Configuration;

namespace Highwater.Engine.Configuration;

/// <summary>Everything an installation is told, checked as a whole.</summary>
/// <param name="Postgres">The cluster.</param>
/// <param name="Repositories">Where its backups go, <c>local</c> first.</param>
/// <param name="SpoolPath">Where archive_command leaves segments.</param>
/// <param name="RetentionCount">How many restorable base backups each repository keeps.</param>
/// <param name="Schedules">When the timers run.</param>
/// <param name="StatePath">Where the embedded host keeps its history.</param>
public sealed record HighwaterSettings(
    PostgresOptions Postgres,
    IReadOnlyList<RepositoryOptions> Repositories,
    string SpoolPath,
    int RetentionCount,
    ScheduleOptions Schedules,
    string StatePath)
{
    /// <summary>How long the embedded host remembers a finished orchestration.</summary>
    public TimeSpan HistoryRetention { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How WAL comes from the server.</summary>
    public WalSource WalSource { get; init; } = WalSource.Archive;

    /// <summary>How it is streamed, where it is.</summary>
    public WalStreamOptions WalStream { get; init; } = WalStreamOptions.Default;

    /// <summary>How WAL is taken from the server.</summary>
    public WalOptions Wal => new(SpoolPath, Source: WalSource);

    /// <summary>What <c>serve</c> logs.</summary>
    public LogOptions Log { get; init; } = LogOptions.Default;

    /// <summary>Where large temporary files go: beside the local repository's own, because there is room.</summary>
    public string TemporaryPath => Path.Combine(Repositories[0].Address, Repository.RepositoryLayout.Temporary);

    /// <summary>Reads all settings.</summary>
    /// <exception cref="Errors.HighwaterException"><see cref="Errors.ErrorCodes.SettingsInvalid"/> with every
    /// fault.</exception>
    public static HighwaterSettings Read(IConfiguration configuration)
    {
        var reader = new SettingsReader(configuration);
        var settings = new HighwaterSettings(
            PostgresSettings.Read(reader),
            RepositorySettings.Read(reader),
            Path.GetFullPath(reader.Text(SettingNames.WalSpoolPath, "/var/lib/postgresql/wal-archive")),
            ReadRetention(reader),
            ScheduleOptions.Read(reader),
            Path.GetFullPath(reader.Text(SettingNames.StatePath, ".highwater")))
        {
            HistoryRetention = TimeSpan.FromDays(reader.Number(SettingNames.HistoryDays, 30, 1, 36_499)),
            WalSource = reader.OneOf(SettingNames.WalSource, WalSource.Archive),
            WalStream = WalStreamSettings.Read(reader),
            Log = LogOptions.Read(reader),
        };
        // Not kept: only the embedded host asks for it, and what nobody holds nobody prints.
        reader.Secret(SettingNames.Key);
        reader.ThrowIfFaulty();
        return settings with { WalStream = settings.WalStream with { WorkFolder = settings.TemporaryPath } };
    }

    private static int ReadRetention(SettingsReader reader)
    {
        // The older name says days and always meant a count; the exact name wins.
        var days = reader.Number(SettingNames.BackupRetentionDays, 10, 1, 10_000);
        return reader.Number(SettingNames.BackupRetentionCount, days, 1, 10_000);
    }
}
