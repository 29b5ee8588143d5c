using System.Diagnostics;

namespace Highwater.Tidy.Tests.Infra;

/// <summary>Runs a program to its end and keeps what it said.</summary>
/// <param name="ExitCode">0 for success.</param>
/// <param name="Output">Standard output, then standard error.</param>
internal sealed record Tool(int ExitCode, string Output)
{
    /// <summary>What `dotnet test` leaves in the environment would point a build started from here to itself.</summary>
    private static readonly string[] OfTheTestRun = ["MSBUILD", "VSTEST", "DOTNET_HOST", "DOTNET_CLI", "FUNCTIONSHOST"];

    public static async Task<Tool> RunAsync(
        string folder, IReadOnlyDictionary<string, string> environment, params string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.ToList())
        {
            if (OfTheTestRun.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)))
                start.Environment.Remove(name);
        }

        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)
            ?? throw new InvalidOperationException($"{command[0]} did not start.");
        try
        {
            var token = TestContext.Current.CancellationToken;
            var output = process.StandardOutput.ReadToEndAsync(token);
            var errors = process.StandardError.ReadToEndAsync(token);
            await process.WaitForExitAsync(token);
            return new Tool(process.ExitCode, await output + await errors);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>The output of a program that must succeed.</summary>
    public static async Task<string> OutputAsync(
        string folder, IReadOnlyDictionary<string, string> environment, params string[] command)
    {
        var (exitCode, output) = await RunAsync(folder, environment, command);
        Assert.True(exitCode == 0, $"{string.Join(' ', command)} ended with {exitCode}:\n{output}");
        return output;
    }
}
