using System.Text.RegularExpressions;

namespace Highwater.Tidy.Tests.Infra;

public sealed partial class DockerfileTests
{
    private static readonly string[] OldestAndNewest = ["13", "14", "15", "16", "17", "18"];

    public static TheoryData<string> RuleNames => [.. DockerRules.All.Select(rule => rule.Name)];

    [Theory, MemberData(nameof(RuleNames))]
    public void Every_dockerfile_keeps_the_rule(string name)
    {
        var rule = DockerRules.All.Single(rule => rule.Name == name);
        Nothing.In(rule.Check(Dockerfile.Images).Concat(rule.Check(Dockerfile.Sshd)));
    }

    [Theory, MemberData(nameof(RuleNames))]
    public void The_rule_notices_the_example_that_breaks_it(string name)
    {
        var rule = DockerRules.All.Single(rule => rule.Name == name);
        Assert.NotEmpty(rule.Check(Dockerfile.Parse(rule.BadExample, "")));
    }

    [Fact]
    public void There_are_two_images_and_both_have_pg_basebackup_for_every_supported_server()
    {
        Assert.Equal(["embedded", "azure"], Dockerfile.Images.FinalStages);
        foreach (var stage in Dockerfile.Images.FinalStages)
        {
            var majors = Dockerfile.Images.Of(stage, "ARG").SelectMany(arg => arg.Assignments)
                .Single(given => given.Name == "POSTGRES_MAJORS").Value;
            Assert.Equal(OldestAndNewest, majors.Split(' '));
            Assert.Contains(Dockerfile.Images.Of(stage, "RUN"), run =>
                run.Text.EndsWith("install-postgres-clients $POSTGRES_MAJORS", StringComparison.Ordinal));
        }
    }

    /// <summary>The Functions host disables a trigger whose %NAME% is not in its environment.</summary>
    [Fact]
    public void The_functions_image_sets_whatever_a_trigger_takes_from_the_environment()
    {
        var needed = Checkout.CSharp.Where(file => file.IsUnder("functions/FunctionApp"))
            .SelectMany(file => file.StringLiterals).SelectMany(text => Placeholder().Matches(text))
            .Select(match => match.Groups["name"].Value).ToHashSet();
        Assert.NotEmpty(needed);
        var set = Dockerfile.Images.Of("azure", "ENV").SelectMany(env => env.Assignments).Select(given => given.Name);
        Nothing.In(needed.Except(set));
    }

    [Theory]
    [InlineData("functions/Engine/Engine.csproj", true)]
    [InlineData("functions/Engine/obj/project.assets.json", false)]
    [InlineData("local.settings.json", false)]
    [InlineData("infra/backup-keys/id_ed25519", false)]
    [InlineData(".git/config", false)]
    public void The_builder_gets_the_sources_and_nothing_private(string path, bool included) =>
        Assert.Equal(included, DockerContext.Includes(path));

    [GeneratedRegex("^%(?<name>[A-Z_]+)%$")]
    private static partial Regex Placeholder();
}
