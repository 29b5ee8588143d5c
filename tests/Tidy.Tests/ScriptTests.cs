using System.Diagnostics;
using System.Runtime.Versioning;

namespace Highwater.Tidy.Tests;

[UnsupportedOSPlatform("windows")]
public sealed class ScriptTests
{
    private static IReadOnlyList<string> Scripts { get; } = [.. Checkout.TextFiles.Where(IsShellScript)];

    private static IEnumerable<string> Commands =>
        Scripts.Where(path => path.Split('/')[0] is "infra" or ".ci");

    [Fact]
    public void Every_script_in_infra_and_ci_is_executable()
    {
        Assert.Contains(".ci/run", Commands);
        Nothing.In(Commands.Where(path =>
            !File.GetUnixFileMode(Checkout.FullPath(path)).HasFlag(UnixFileMode.UserExecute)));
    }

    [Fact]
    public async Task Shellcheck_finds_no_fault_in_any_script()
    {
        var start = new ProcessStartInfo("shellcheck", ["--external-sources", "--format=gcc", .. Scripts])
        {
            WorkingDirectory = Checkout.Root,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("shellcheck did not start.");
        var faults = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Nothing.In(faults.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(0, process.ExitCode);
    }

    private static bool IsShellScript(string path)
    {
        using var reader = new StreamReader(Checkout.FullPath(path));
        return reader.ReadLine() is { } first && first.StartsWith("#!", StringComparison.Ordinal)
            && (first.EndsWith("sh", StringComparison.Ordinal) || first.EndsWith("sh -e", StringComparison.Ordinal));
    }
}
