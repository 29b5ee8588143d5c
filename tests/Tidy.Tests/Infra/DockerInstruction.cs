using System.Text.RegularExpressions;

namespace Highwater.Tidy.Tests.Infra;

/// <summary>One instruction of a Dockerfile, its lines joined.</summary>
/// <param name="Stage">The stage it belongs to.</param>
/// <param name="Keyword">Such as RUN.</param>
/// <param name="Text">All after it.</param>
internal sealed partial record DockerInstruction(string Stage, string Keyword, string Text)
{
    /// <summary>The words, without options such as --from=stage.</summary>
    public string[] Words => [.. Text.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .SkipWhile(word => word.StartsWith("--", StringComparison.Ordinal))];

    public bool IsExecForm => Text.Contains('[', StringComparison.Ordinal) && Text.EndsWith(']');

    public string? Option(string name) =>
        Regex.Match(Text, $@"(^| )--{name}=(?<value>\S+)") is { Success: true } match
            ? match.Groups["value"].Value
            : null;

    /// <summary>The names and values an ENV or ARG gives.</summary>
    public IEnumerable<(string Name, string Value)> Assignments =>
        Assignment().Matches(Text).Select(match => (match.Groups["name"].Value, match.Groups["value"].Value.Trim('"')));

    [GeneratedRegex("""(?<name>\w+)=(?<value>"[^"]*"|\S*)""")]
    private static partial Regex Assignment();
}
