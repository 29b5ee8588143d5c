using System.Text.RegularExpressions;

namespace Highwater.Tidy.Tests;

public sealed partial class OperationTableTests
{
    private static readonly string[] Operations = ["base backup", "WAL sync", "verify", "prune", "restore"];

    private static IReadOnlyList<string> Rows { get; } =
        [.. Checkout.Read("functions/README.md").Split('\n')
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal))];

    [Fact]
    public void Every_operation_has_a_row() =>
        Nothing.In(Operations.Where(operation =>
            !Rows.Any(row => row.StartsWith($"| {operation} |", StringComparison.Ordinal))));

    [Fact]
    public void Every_file_the_plan_names_exists()
    {
        var named = Rows.SelectMany(row => SourcePath().Matches(row)).Select(match => match.Groups["path"].Value)
            .ToList();
        Assert.NotEmpty(named);
        Nothing.In(named.Where(path => !Checkout.Exists("functions/" + path)));
    }

    [GeneratedRegex(@"`(?<path>[A-Za-z./-]+\.(cs|md|sh))`|\]\((?<path>[A-Za-z./-]+\.(cs|md|sh))\)")]
    private static partial Regex SourcePath();
}
