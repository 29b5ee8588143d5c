using System.Text.Json;
using System.Xml.Linq;
using Highwater.Tidy.Tests.Azure;

namespace Highwater.Tidy.Tests.Infra;

/// <summary>
/// Runs the `RUN dotnet` lines of infra/Dockerfile for real, on the files its COPY lines bring, with the packages this
/// machine has. The official packages of the Functions host are declarations here (<see cref="OfficialApi"/>).
/// </summary>
public sealed class ImageBuildTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // One test and one folder for both, though the images have one each: what either build left would trip the other.
    [Fact]
    public async Task Both_images_build_from_what_the_dockerfile_copies()
    {
        OfficialApi.WriteFeed(_folder.Of("feed"), CentralVersions());
        await BuildAsync("build-embedded");
        Assert.Contains("serve", await Tool.OutputAsync(
            _folder.Path, new Dictionary<string, string>(), _folder.Of("out/embedded/highwater"), "--help"));

        await BuildAsync("build-azure");
        var published = Directory.EnumerateFiles(_folder.Of("out/azure")).Select(Path.GetFileName).ToList();
        Assert.Contains("Highwater.FunctionApp.dll", published);
        Assert.DoesNotContain("Highwater.EmbeddedHost.dll", published);
        Assert.DoesNotContain("local.settings.json", published);
        using var settings = JsonDocument.Parse(
            await File.ReadAllTextAsync(_folder.Of("out/azure/host.json"), TestContext.Current.CancellationToken));
        Assert.Equal("2.0", settings.RootElement.GetProperty("version").GetString());
        Assert.Contains("PackageReference", await File.ReadAllTextAsync(
            _folder.Of("src/functions/FunctionApp/FunctionApp.csproj"), TestContext.Current.CancellationToken));
    }

    private async Task BuildAsync(string stage)
    {
        Assert.Contains(Dockerfile.Images.Of(stage, "RUN"), IsDotnet);
        var environment = new Dictionary<string, string>
        {
            // Nothing is downloaded: the packages are there since this project was restored itself.
            ["RestoreSources"] = _folder.Of("feed"),
            ["RestoreFallbackFolders"] = Built.From("NuGetPackageRoot"),
            ["RestorePackagesPath"] = _folder.Of("packages"),
            // They have looked at these sources already, when the solution was built.
            ["RunAnalyzers"] = "false",
            ["DOTNET_CLI_HOME"] = _folder.Of("home"),
        };
        foreach (var line in Dockerfile.Images.Lineage(stage))
        {
            if (line.Keyword == "COPY")
                Copy(line);
            else if (line.Keyword == "ENV")
                line.Assignments.ToList().ForEach(given => environment[given.Name] = given.Value);
            else if (IsDotnet(line))
                await Tool.OutputAsync(_folder.Of("src"), environment, [.. line.Words.Select(Here)]);
        }
    }

    private static bool IsDotnet(DockerInstruction line) =>
        line.Keyword == "RUN" && line.Text.StartsWith("dotnet ", StringComparison.Ordinal);

    private string Here(string word) =>
        word.StartsWith("/out/", StringComparison.Ordinal) ? _folder.Of(word[1..]) : word;

    private void Copy(DockerInstruction line)
    {
        var target = line.Words[^1];
        foreach (var source in line.Words[..^1].Select(word => word.TrimEnd('/')))
        {
            var isFolder = Directory.Exists(Checkout.FullPath(source));
            var place = isFolder ? target.TrimEnd('/') : target + Path.GetFileName(source);
            _folder.CopyFromCheckout(source, "src/" + place);
        }
    }

    private static Dictionary<string, string> CentralVersions() =>
        XDocument.Parse(Checkout.Read("Directory.Packages.props")).Descendants("PackageVersion")
            .ToDictionary(entry => entry.Attribute("Include")!.Value, entry => entry.Attribute("Version")!.Value);
}
