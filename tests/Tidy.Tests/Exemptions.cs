namespace Highwater.Tidy.Tests;

/// <summary>The one place where a file is let off a rule, each time with the reason.</summary>
internal static class Exemptions
{
    private static readonly Exemption[] All =
    [
        new("namespace-is-folder", "functions/EmbeddedHost/Api/",
            "declares the subset of the official Functions and Durable Task API under its official namespaces"),
        new("plain-names", "functions/EmbeddedHost/Api/",
            "the official API chose these names"),
        new("console-only-in-cli", "tests/Benchmarks/",
            "is a console program"),
    ];

    public static bool Covers(string rule, string path) =>
        All.Any(exemption => exemption.Rule == rule && path.StartsWith(exemption.Path, StringComparison.Ordinal));

    /// <summary>Exemptions that name nothing in the checkout any more, or no rule.</summary>
    public static IEnumerable<string> Stale(IReadOnlyCollection<string> rules) =>
        from exemption in All
        where !rules.Contains(exemption.Rule) || !Checkout.Exists(exemption.Path)
        select $"{exemption.Path} is exempt from {exemption.Rule} ({exemption.Reason}), but one of the two is gone";
}
