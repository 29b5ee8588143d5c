using Highwater.Engine.Errors;

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

    /// <summary>For callers to whom anything but a pass is an error.</summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.RepositoryDamaged"/> with the first
    /// finding.</exception>
    public void EnsurePassed()
    {
        if (Passed)
            return;
        var first = Findings.FirstOrDefault(finding => !finding.Repaired);
        throw new HighwaterException(
            ErrorCodes.RepositoryDamaged,
            $"Verification of the repository '{Repository}' at {Address} failed "
            + $"with {Findings.Count(f => !f.Repaired)} findings. "
            + (first is null ? "Nothing was checked." : $"The first one: {first.Problem}"),
            first?.Remedy ?? "run 'highwater verify' to see all of them");
    }
}
