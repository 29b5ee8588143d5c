using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Highwater.Engine.Configuration;
using Highwater.Engine.Errors;

namespace Highwater.Tidy.Tests;

/// <summary>The unit file for systemd, as far as it can be judged without a running systemd.</summary>
public sealed class SystemdUnitTests
{
    private const string Path = "infra/systemd/highwater.service";

    private static ILookup<string, string> Settings { get; } = Checkout.Read(Path).Split('\n')
        .Where(IsAssignment)
        .ToLookup(line => line[..line.IndexOf('=', StringComparison.Ordinal)], line => line[(line.IndexOf('=') + 1)..]);

    [Fact]
    public void Every_line_is_a_section_a_setting_or_a_comment()
    {
        var lines = Checkout.Read(Path).Split('\n').Where(line => line.Length > 0 && line[0] != '#').ToList();

        Nothing.In(lines.Where(line => line[0] != '[' && !IsAssignment(line)));
        Assert.Equal(["[Unit]", "[Service]", "[Install]"], lines.Where(line => line[0] == '['));
    }

    [Fact]
    public void It_stops_serve_as_serve_wants_to_be_stopped_and_starts_it_again_where_that_helps()
    {
        // serve takes ten seconds at most.
        Assert.True(int.Parse(One("TimeoutStopSec"), CultureInfo.InvariantCulture) > 10);
        Assert.Equal("SIGTERM", One("KillSignal"));
        Assert.Equal("mixed", One("KillMode"));
        Assert.Equal("on-failure", One("Restart"));
        Assert.Equal($"{(int)ExitCode.Usage}", One("RestartPreventExitStatus"));
    }

    [Fact]
    public void What_serve_writes_by_default_is_writable_and_the_rest_is_not()
    {
        using var sample = JsonDocument.Parse(Checkout.Read("local.settings.sample.json"));
        var defaults = sample.RootElement.GetProperty("Values");
        var state = Settings["Environment"].Select(line => line.Split('='))
            .Single(pair => pair[0] == SettingNames.StatePath)[1];

        Assert.Equal("strict", One("ProtectSystem"));
        Assert.Equal("/var/lib/" + One("StateDirectory"), state);
        Assert.All(
            [SettingNames.WalSpoolPath, SettingNames.LocalBackupPath],
            name => Assert.StartsWith(
                One("ReadWritePaths") + "/", defaults.GetProperty(name).GetString()!, StringComparison.Ordinal));
    }

    [Fact]
    public void What_it_starts_is_what_its_first_lines_install()
    {
        var program = One("ExecStart").Split(' ');
        var folder = System.IO.Path.GetDirectoryName(program[0]);

        Assert.Equal("serve", program[1]);
        Assert.Contains(
            $"dotnet publish functions/Cli --configuration Release --output {folder}\n", Checkout.Read(Path),
            StringComparison.Ordinal);
        Assert.Contains($" {One("EnvironmentFile")} ", Checkout.Read(Path), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Systemd_understands_every_setting_where_there_is_one_to_ask()
    {
        var folder = Directory.CreateTempSubdirectory("highwater-unit-").FullName;
        try
        {
            // It looks for the program, too, which is not installed here.
            var unit = System.IO.Path.Combine(folder, "highwater.service");
            var text = Checkout.Read(Path).Replace(One("ExecStart"), "/bin/true", StringComparison.Ordinal);
            await File.WriteAllTextAsync(unit, text, TestContext.Current.CancellationToken);
            Nothing.In((await VerifyAsync(unit)).Where(line => line.Contains(unit, StringComparison.Ordinal)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static bool IsAssignment(string line) =>
        line.IndexOf('=', StringComparison.Ordinal) is > 0 and var at && line[..at].All(char.IsAsciiLetter);

    private static string One(string name) => Assert.Single(Settings[name]);

    private static async Task<string[]> VerifyAsync(string unit)
    {
        const string Analyze = "/usr/bin/systemd-analyze";
        if (!File.Exists(Analyze))
            return [];
        var start = new ProcessStartInfo(Analyze, ["verify", "--man=no", unit]) { RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var said = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return said.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
