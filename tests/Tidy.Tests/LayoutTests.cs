using System.Xml.Linq;
using Highwater.Engine.Storage;

namespace Highwater.Tidy.Tests;

public sealed class LayoutTests
{
    private static readonly string[] MayStandAtTheRoot =
    [
        ".ci", ".dockerignore", ".editorconfig", ".gitattributes", ".gitignore", "BannedSymbols.txt", "CHANGELOG.md",
        "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", "Functions.sln", "LICENSE",
        "README.md", "functions", "global.json", "host.json", "infra", "local.settings.sample.json", "tests",
    ];

    private static readonly Dictionary<string, string[]> MayReference = new()
    {
        ["functions/Engine/Engine.csproj"] = [],
        ["functions/EmbeddedHost/EmbeddedHost.csproj"] = [],
        ["functions/FunctionApp/FunctionApp.csproj"] = ["Engine", "EmbeddedHost"],
        ["functions/Cli/Cli.csproj"] = ["Engine", "EmbeddedHost", "FunctionApp"],
    };

    public static TheoryData<string> Projects => [.. MayReference.Keys];

    [Fact]
    public void Nothing_else_stands_at_the_root() =>
        Nothing.In(Checkout.RootEntries.Except(MayStandAtTheRoot));

    [Theory, MemberData(nameof(Projects))]
    public void A_project_references_only_what_it_may_know(string project) =>
        Nothing.In(References(project, "ProjectReference").Select(Path.GetFileNameWithoutExtension).OfType<string>()
            .Except(MayReference[project]));

    [Fact]
    public void The_engine_uses_no_package_of_a_functions_host() =>
        Nothing.In(References("functions/Engine/Engine.csproj", "PackageReference").Where(package =>
            package.Contains("Azure", StringComparison.Ordinal)
            || package.Contains("DurableTask", StringComparison.Ordinal)));

    [Fact]
    public void A_storage_takes_at_most_eight_methods_to_write() =>
        Assert.InRange(typeof(IStorage).GetMethods().Count(method => !method.IsSpecialName), 1, 8);

    [Fact]
    public void Every_project_is_part_of_the_solution()
    {
        var solution = Checkout.Read("Functions.sln").Replace('\\', '/');
        Nothing.In(Checkout.Files.Where(path => path.EndsWith(".csproj", StringComparison.Ordinal))
            .Where(path => !solution.Contains($"\"{path}\"", StringComparison.Ordinal)));
    }

    [Fact]
    public void Package_versions_stand_in_one_place() =>
        Nothing.In(Checkout.Files.Where(path => path.EndsWith(".csproj", StringComparison.Ordinal))
            .Where(path => XDocument.Parse(Checkout.Read(path)).Descendants("PackageReference")
                .Any(reference => reference.Attribute("Version") is not null)));

    private static IEnumerable<string> References(string project, string kind) =>
        XDocument.Parse(Checkout.Read(project)).Descendants(kind)
            .Select(reference => reference.Attribute("Include")?.Value.Replace('\\', '/')).OfType<string>();
}
