using Highwater.Engine.Configuration;
using Highwater.Engine.Postgres;

namespace Highwater.Engine.Diagnostics.Checks;

/// <summary>Everything a check has found, before anybody says what it means.</summary>
/// <param name="At">UTC.</param>
/// <param name="Pace">How often things are to happen.</param>
/// <param name="Settings">Of the installation.</param>
/// <param name="Server">What the server says of itself; null if it cannot be asked.</param>
/// <param name="Unmet">What it lacks for base backups; only the reason if it cannot be asked.</param>
/// <param name="Archiving">How archiving goes, read after the probe; null if the server cannot be asked.</param>
/// <param name="Probe">The WAL segment that was followed; null if none was.</param>
/// <param name="Repositories">In the order of the settings.</param>
/// <param name="Spool">What waits there.</param>
/// <param name="SpoolProbe">Whether it can be worked with.</param>
/// <param name="Clocks">Those that could be read.</param>
/// <param name="Schedule">Null if nobody looked.</param>
public sealed record CheckFacts(
    DateTimeOffset At,
    StatusPace Pace,
    HighwaterSettings Settings,
    ServerFacts? Server,
    IReadOnlyList<StatusFault> Unmet,
    ServerStatus? Archiving,
    WalProbe? Probe,
    IReadOnlyList<CheckedRepository> Repositories,
    SpoolStatus Spool,
    SpoolProbe SpoolProbe,
    IReadOnlyList<ClockOffset> Clocks,
    ScheduleFacts? Schedule);
