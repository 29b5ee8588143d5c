namespace Highwater.TestKit.Postgres;

/// <summary>How a command ended and what it printed.</summary>
public sealed record ToolResult(int ExitCode, string Output, string Error);
