using System.Text.Json;
using Highwater.Tidy.Tests.Infra;

namespace Highwater.Tidy.Tests.Azure;

/// <summary>What the switch FunctionsHost=Azure changes in the build of FunctionApp, as MSBuild itself evaluates
/// it.</summary>
public sealed class AzureProjectTests
{
    private const string Prefix = "Microsoft.Azure.Functions.Worker";

    private static readonly Dictionary<string, string> Official = new()
    {
        [Prefix] = "2.52.0",
        [Prefix + ".Sdk"] = "2.1.0",
        [Prefix + ".Extensions.Timer"] = "4.3.1",
        [Prefix + ".Extensions.Http.AspNetCore"] = "2.1.1",
        [Prefix + ".Extensions.DurableTask"] = "1.15.0",
    };

    [Fact]
    public async Task Without_the_switch_the_app_is_built_for_the_embedded_host_and_knows_no_official_package()
    {
        using var project = await EvaluateAsync("FunctionApp", []);
        Assert.Contains("../EmbeddedHost/EmbeddedHost.csproj", Items(project, "ProjectReference"));
        Nothing.In(Items(project, "PackageReference").Intersect(Official.Keys));
        Assert.StartsWith("obj/Debug", Property(project, "IntermediateOutputPath"));
    }

    [Fact]
    public async Task With_the_environment_variable_the_app_is_built_from_the_official_packages_in_folders_of_its_own()
    {
        using var project = await EvaluateAsync("FunctionApp", new() { ["FunctionsHost"] = "Azure" });
        Assert.Equal(["../Engine/Engine.csproj"], Items(project, "ProjectReference"));
        Assert.Equal(
            Official.Keys.Order(StringComparer.Ordinal),
            Items(project, "PackageReference").Where(Official.ContainsKey).Order(StringComparer.Ordinal));
        foreach (var (package, version) in Official)
            Assert.Equal(version, Metadata(project, "PackageVersion", package, "Version"));
        Assert.Equal("host.json", Metadata(project, "None", "../../host.json", "Link"));
        Assert.Equal("PreserveNewest", Metadata(project, "None", "../../host.json", "CopyToOutputDirectory"));
        Assert.Equal("v4", Property(project, "AzureFunctionsVersion"));
        Assert.Equal("Exe", Property(project, "OutputType"));
        foreach (var path in new[] { "IntermediateOutputPath", "OutputPath", "ProjectAssetsFile" })
            Assert.Contains("/azure/", Property(project, path), StringComparison.Ordinal);
        Nothing.In(Items(project, "Compile").Where(path => path.StartsWith("obj", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("Azur", "FunctionApp", "FunctionsHost is 'Azur'")]
    [InlineData("Azure", "Cli", "Cli has no build for the Azure Functions host")]
    public async Task A_switch_that_makes_no_sense_is_refused(string value, string project, string message)
    {
        var (exitCode, output) = await Tool.RunAsync(
            Checkout.Root,
            new Dictionary<string, string> { ["FunctionsHost"] = value },
            "dotnet", "msbuild", $"functions/{project}", "-t:CheckFunctionsHost");
        Assert.NotEqual(0, exitCode);
        Assert.Contains(message, output, StringComparison.Ordinal);
    }

    private static async Task<JsonDocument> EvaluateAsync(string project, Dictionary<string, string> environment) =>
        JsonDocument.Parse(await Tool.OutputAsync(
            Checkout.Root, environment, "dotnet", "msbuild", $"functions/{project}", "-getItem:ProjectReference",
            "-getItem:PackageReference", "-getItem:PackageVersion", "-getItem:None", "-getItem:Compile",
            "-getProperty:IntermediateOutputPath,OutputPath,ProjectAssetsFile,AzureFunctionsVersion,OutputType"));

    private static IEnumerable<JsonElement> All(JsonDocument project, string kind) =>
        project.RootElement.GetProperty("Items").GetProperty(kind).EnumerateArray();

    private static string Of(JsonElement item, string name) => item.GetProperty(name).GetString()!.Replace('\\', '/');

    private static IEnumerable<string> Items(JsonDocument project, string kind) =>
        All(project, kind).Select(item => Of(item, "Identity"));

    private static string Metadata(JsonDocument project, string kind, string identity, string name) =>
        Of(All(project, kind).Single(item => Of(item, "Identity") == identity), name);

    private static string Property(JsonDocument project, string name) =>
        project.RootElement.GetProperty("Properties").GetProperty(name).GetString()!.Replace('\\', '/');
}
