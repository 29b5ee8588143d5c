namespace Highwater.Engine.Verification;

/// <summary>Collects findings from several tasks at once.</summary>
internal sealed class FindingList(bool repairing)
{
    private readonly List<VerificationFinding> _findings = [];
    private readonly HashSet<string> _faulty = [];
    private readonly HashSet<string> _cutOff = [];

    /// <summary>All findings: what is still wrong before what was repaired, errors before warnings.</summary>
    public IReadOnlyList<VerificationFinding> All =>
    [
        .. _findings.OrderBy(finding => finding.Repaired)
            .ThenByDescending(finding => finding.Severity)
            .ThenBy(finding => finding.Key, StringComparer.Ordinal),
    ];

    /// <summary>What is wrong with an object now, or null.</summary>
    public string? ProblemOf(string key)
    {
        lock (_findings)
        {
            return _faulty.Contains(key)
                ? _findings.First(finding => finding.Key == key && !finding.Repaired).Problem
                : null;
        }
    }

    /// <summary>What is wrong with an object now, or with its going on from the one in front of it; or null.</summary>
    public string? ProblemBefore(string key)
    {
        lock (_findings)
        {
            return _cutOff.Contains(key)
                ? _findings.First(finding => finding.Key == key && !finding.Repaired).Problem
                : ProblemOf(key);
        }
    }

    /// <summary>Adds what a check found.</summary>
    /// <param name="key">The object.</param>
    /// <param name="fault">What is wrong.</param>
    /// <param name="refusal">Why it was not repaired; null if it was.</param>
    public void Add(string key, ObjectFault fault, string? refusal)
    {
        if (!fault.IsAtBorder || refusal is null)
        {
            Add(key, fault.Problem, refusal);
            return;
        }

        var remedy = "take a base backup now ('highwater backup'): no recovery of an older one passes this place"
            + (repairing
                ? $". It could not be repaired: {refusal}"
                : "; 'highwater verify --repair' helps if the other repository has it right")
            + ". If the server still has the two in pg_wal, compare them with what is stored (zstd -dc, cmp)";
        lock (_findings)
        {
            _findings.Add(new VerificationFinding(FindingSeverity.Error, key, fault.Problem, remedy));
            _cutOff.Add(key);
        }
    }

    /// <summary>Adds an object that is damaged or missing.</summary>
    /// <param name="key">The object.</param>
    /// <param name="problem">What is wrong, as a sentence.</param>
    /// <param name="refusal">Why it was not repaired; null if it was.</param>
    public void Add(string key, string problem, string? refusal)
    {
        var remedy = refusal is null
            ? "nothing: it was replaced by the good bytes of the other repository"
            : repairing
                ? $"it could not be repaired: {refusal}. Take a new base backup now ('highwater backup')"
                : "run 'highwater verify --repair' to take it from the other repository; if that one lacks it too, "
                + "take a new base backup now ('highwater backup')";
        lock (_findings)
        {
            _findings.Add(new VerificationFinding(FindingSeverity.Error, key, problem, remedy, refusal is null));
            if (refusal is not null)
                _faulty.Add(key);
        }
    }

    /// <summary>Adds something that is wrong with no single object.</summary>
    public void Add(VerificationFinding finding)
    {
        lock (_findings)
            _findings.Add(finding);
    }
}
