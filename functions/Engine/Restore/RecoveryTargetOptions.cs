namespace Highwater.Engine.Restore;

/// <summary>The recovery target as the operator typed it; null is what was not given.</summary>
/// <param name="Time">With a time zone.</param>
/// <param name="Lsn">Such as 16/B374D848.</param>
/// <param name="Xid">A transaction id.</param>
/// <param name="Name">Of a restore point.</param>
/// <param name="Immediate">Stop when consistent.</param>
/// <param name="Timeline">latest, current or a number.</param>
/// <param name="Action">promote, pause or shutdown.</param>
public sealed record RecoveryTargetOptions(
    string? Time = null,
    string? Lsn = null,
    string? Xid = null,
    string? Name = null,
    bool Immediate = false,
    string? Timeline = null,
    string? Action = null);
