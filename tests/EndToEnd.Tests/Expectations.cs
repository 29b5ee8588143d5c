using Highwater.Engine.Errors;
using Highwater.TestKit.Postgres;

namespace Highwater.EndToEnd.Tests;

/// <summary>What a command must have ended with; a failure shows all it printed.</summary>
public static class Expectations
{
    private const string RemedyMark = "To fix it: ";

    public static ToolResult ExpectExit(this ToolResult result, int exitCode)
    {
        Assert.True(
            result.ExitCode == exitCode,
            $"exit code {result.ExitCode} instead of {exitCode}\n{result.Output}\n{result.Error}");
        return result;
    }

    public static ToolResult ExpectDone(this ToolResult result) => result.ExpectExit((int)ExitCode.Done);

    /// <summary>The documented exit code of the error, its code, a remedy, and words of the message.</summary>
    /// <returns>The remedy as printed.</returns>
    public static string ExpectError(this ToolResult result, ErrorCode error, params string[] words)
    {
        result.ExpectExit((int)error.ExitCode);
        Assert.Contains(error.Code + ": ", result.Error, StringComparison.Ordinal);
        Assert.Contains(RemedyMark, result.Error, StringComparison.Ordinal);
        Assert.All(words, word => Assert.Contains(word, result.Error, StringComparison.Ordinal));
        return result.Error[(result.Error.IndexOf(RemedyMark, StringComparison.Ordinal) + RemedyMark.Length)..].Trim();
    }
}
