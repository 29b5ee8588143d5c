using System.Diagnostics;

namespace Highwater.TestKit.Postgres;

/// <summary>Runs a command to its end.</summary>
public static class Tool
{
    /// <summary>Runs a command and returns what it printed, whatever its exit code. Cancelled, it kills the
    /// command.</summary>
    public static async Task<ToolResult> TryRunAsync(ProcessStartInfo command, CancellationToken cancellationToken)
    {
        command.RedirectStandardOutput = true;
        command.RedirectStandardError = true;
        command.RedirectStandardInput = true;
        using var process = Process.Start(command)!;
        process.StandardInput.Close();
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var error = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return new ToolResult(process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>Runs a command that must succeed and returns its standard output.</summary>
    /// <exception cref="InvalidOperationException">It ended with another exit code than 0.</exception>
    public static async Task<string> RunAsync(ProcessStartInfo command, CancellationToken cancellationToken)
    {
        var result = await TryRunAsync(command, cancellationToken);
        return result.ExitCode == 0
            ? result.Output
            : throw new InvalidOperationException(
                $"{command.FileName} {string.Join(' ', command.ArgumentList)} ended with {result.ExitCode}:\n"
                + $"{result.Error}\n{result.Output}");
    }
}
