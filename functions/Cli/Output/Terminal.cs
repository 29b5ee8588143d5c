using System.Text.Json;
using System.Text.Json.Serialization;
using Highwater.Engine.Errors;
using Spectre.Console;

namespace Highwater.Cli.Output;

/// <summary>
/// What a command prints: results to standard output, progress and errors to standard error, so that <c>--json</c>
/// leaves
/// exactly one JSON document on standard output.
/// </summary>
public sealed class Terminal(bool json)
{
    private static readonly JsonSerializerOptions JsonOptions = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly IAnsiConsole _errors = AnsiConsole.Create(
        new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });

    /// <summary>Whether the result is wanted as JSON.</summary>
    public bool Json => json;

    /// <summary>Whether somebody watches: progress may redraw a line.</summary>
    public bool IsInteractive => !json && !Console.IsErrorRedirected && _errors.Profile.Capabilities.Ansi;

    /// <summary>The console on standard error, for progress bars.</summary>
    public IAnsiConsole ErrorConsole => _errors;

    /// <summary>A line of the result for people; nothing with <c>--json</c>.</summary>
    public void Line(string text = "")
    {
        if (!json)
            Console.Out.WriteLine(text);
    }

    /// <summary>A table of the result for people; nothing with <c>--json</c>.</summary>
    public void Table(IReadOnlyList<string> header, IEnumerable<IReadOnlyList<string>> rows)
    {
        if (json)
            return;
        foreach (var line in PlainTable.Format(header, rows))
            Console.Out.WriteLine(line);
    }

    /// <summary>The result for programs; nothing without <c>--json</c>.</summary>
    public void Result(object result)
    {
        if (json)
            Console.Out.WriteLine(JsonSerializer.Serialize(result, JsonOptions));
    }

    /// <summary>A line about what goes on, on standard error.</summary>
    public void Note(string text)
    {
        if (!json)
            Console.Error.WriteLine(text);
    }

    /// <summary>An error with its remedy, on standard error; with <c>--json</c> as an object.</summary>
    public void Error(ErrorCode? code, string text)
    {
        if (json)
        {
            var error = new { error = new { code = code?.Code, name = code?.Name, message = text } };
            Console.Out.WriteLine(JsonSerializer.Serialize(error, JsonOptions));
        }
        else
        {
            Console.Error.WriteLine($"highwater: {text}");
        }
    }
}
