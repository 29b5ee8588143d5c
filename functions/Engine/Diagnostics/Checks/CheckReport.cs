namespace Highwater.Engine.Diagnostics.Checks;

/// <summary>How an installation meets every success criterion.</summary>
/// <param name="At">When it was judged, UTC.</param>
/// <param name="Lines">One line for each criterion, and for each repository where there are several.</param>
public sealed record CheckReport(DateTimeOffset At, IReadOnlyList<CheckLine> Lines)
{
    /// <summary>The worst of all lines.</summary>
    public StatusLevel Level => Lines.Count == 0 ? StatusLevel.Fail : Lines.Max(line => line.Level);
}
