using Highwater.Tidy.Tests.Rules;

namespace Highwater.Tidy.Tests;

public sealed class CodeRuleTests
{
    private static readonly CodeRule[] Rules =
        [.. SizeRules.All, .. NameRules.All, .. WallRules.All, .. HonestyRules.All];

    public static TheoryData<string> RuleNames => [.. Rules.Select(rule => rule.Name)];

    [Theory, MemberData(nameof(RuleNames))]
    public void Every_source_file_keeps_the_rule(string name)
    {
        var rule = Rules.Single(rule => rule.Name == name);
        Nothing.In(Checkout.CSharp.SelectMany(rule.Check));
    }

    [Theory, MemberData(nameof(RuleNames))]
    public void The_rule_notices_the_example_that_breaks_it(string name)
    {
        var rule = Rules.Single(rule => rule.Name == name);
        Assert.NotEmpty(rule.Check(SourceFile.Parse(rule.BadPath, rule.BadExample)));
    }

    [Fact]
    public void Every_exemption_still_names_a_rule_and_a_path_that_exist() =>
        Nothing.In(Exemptions.Stale([.. Rules.Select(rule => rule.Name)]));

    [Fact]
    public void The_tests_see_the_sources() =>
        Assert.Contains(Checkout.CSharp, file => file.Path == "functions/Engine/Storage/IStorage.cs");
}
