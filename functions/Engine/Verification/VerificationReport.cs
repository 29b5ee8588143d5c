namespace Highwater.Engine.Verification;

/// <summary>What a verification found in one repository.</summary>
/// <param name="Repository">Its name.</param>
/// <param name="Address">Where it is.</param>
/// <param name="StartedAt">UTC.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="ObjectsChecked">How many objects were looked at.</param>
/// <param name="BytesHashed">How many bytes were hashed.</param>
/// <param name="Backups">The verdict on each base backup, oldest first.</param>
/// <param name="Findings">What is wrong, worst first.</param>
public sealed record VerificationReport(
    string Repository,
    string Address,
    DateTimeOffset StartedAt,
    TimeSpan Elapsed,
    long ObjectsChecked,
    long BytesHashed,
    IReadOnlyList<BackupVerdict> Backups,
    IReadOnlyList<VerificationFinding> Findings)
{
    /// <summary>Whether something was checked and all of it is good, after repair if there was one.</summary>
    public bool Passed => Backups.Count > 0
        && ObjectsChecked > 0
        && Backups.All(backup => backup.Restorable)
        && !Findings.Any(finding => finding is { Severity: FindingSeverity.Error, Repaired: false });
}
