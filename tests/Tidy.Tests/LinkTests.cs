using System.Text.RegularExpressions;

namespace Highwater.Tidy.Tests;

public sealed partial class LinkTests
{
    private static IEnumerable<string> Pages =>
        Checkout.Files.Where(path => path.EndsWith(".md", StringComparison.Ordinal));

    [Fact]
    public void Every_relative_link_leads_to_a_file_and_every_anchor_to_a_heading() =>
        Nothing.In(
            from page in Pages
            from link in Link().Matches(Checkout.Read(page))
            let target = link.Groups["target"].Value
            where !target.Contains("://", StringComparison.Ordinal) && !Resolves(page, target)
            select $"{page}: {target}");

    [Fact]
    public void A_link_to_nowhere_is_noticed()
    {
        Assert.False(Resolves("README.md", "no-such-file.md"));
        Assert.False(Resolves("README.md", "#no-such-heading"));
        Assert.True(Resolves("README.md", "LICENSE"));
    }

    private static bool Resolves(string page, string target)
    {
        var parts = target.Split('#', 2);
        var folder = Path.GetDirectoryName(Checkout.FullPath(page))!;
        var file = parts[0].Length == 0 ? Checkout.FullPath(page) : Path.GetFullPath(Path.Combine(folder, parts[0]));
        return Path.Exists(file) && (parts.Length == 1 || Anchors(file).Contains(parts[1]));
    }

    private static IEnumerable<string> Anchors(string file) =>
        Heading().Matches(File.ReadAllText(file)).Select(match => NotInAnchor()
            .Replace(match.Groups["title"].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-'));

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+ (?<title>.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchor();
}
