using System.Runtime.Versioning;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Highwater.Tidy.Tests.Infra;

/// <summary>Compiles infra/azure with Bicep itself, which knows every resource type and its properties.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class BicepTests
{
    private static readonly Dictionary<string, string> Environment = new()
    {
        ["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1",
        ["POSTGRES_PASSWORD"] = "x",
        ["REMOTE_BACKUP_KEY"] = "x",
        ["REMOTE_BACKUP_KNOWN_HOSTS_LINE"] = "x",
    };

    [Fact]
    public async Task The_template_compiles_without_a_warning_and_describes_every_parameter_and_output()
    {
        var (exitCode, output) = await CompileAsync("build", "main.bicep");
        Assert.Equal(0, exitCode);
        Assert.DoesNotContain("Warning", output, StringComparison.Ordinal);
        using var template = JsonDocument.Parse(output);
        Nothing.In(Undescribed(template, "parameters").Concat(Undescribed(template, "outputs")));
        Nothing.In(template.RootElement.GetProperty("parameters").EnumerateObject()
            .Where(entry => Regex.IsMatch(entry.Name, "(Password|Key|KnownHosts)$"))
            .Where(entry => entry.Value.GetProperty("type").GetString() != "securestring").Select(entry => entry.Name));
        Nothing.In(Regex.Matches(output, "\"name\": \"(?<name>[A-Z]{3,}_[A-Z_]+)\"")
            .Select(match => match.Groups["name"].Value).Where(name => !KnownSettings.Includes(name)));
    }

    [Fact]
    public async Task The_sample_of_parameters_fits_the_template_and_holds_no_secret()
    {
        var (exitCode, output) = await CompileAsync("build-params", "main.bicepparam");
        Assert.True(exitCode == 0, output);
        Assert.DoesNotContain("Warning", output, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Undescribed(JsonDocument template, string kind) =>
        template.RootElement.GetProperty(kind).EnumerateObject()
            .Where(entry => !entry.Value.TryGetProperty("metadata", out _)).Select(entry => entry.Name);

    private static async Task<Tool> CompileAsync(string verb, string file)
    {
        var compiler = Path.Combine(Built.From("BicepPackage"), "tools", "bicep");
        // Packages carry no modes.
        File.SetUnixFileMode(compiler, File.GetUnixFileMode(compiler) | UnixFileMode.UserExecute);
        return await Tool.RunAsync(Checkout.FullPath("infra/azure"), Environment, compiler, verb, file, "--stdout");
    }
}
