using System.Text.Json;
using System.Text.Json.Serialization;
using Highwater.Engine.Diagnostics;
using Highwater.Engine.Errors;
using Spectre.Console;

namespace Highwater.Cli.Output;

/// <summary>
/// What a command prints: results to standard output, progress and errors to standard error, so that <c>--json</c>
/// leaves exactly one JSON document on standard output.
/// </summary>
public sealed class Terminal
{
    private static readonly JsonSerializerOptions JsonOptions = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly bool _json;
    private readonly IAnsiConsole _errors;
    private readonly ProgressLine _progress;
    private Action<HighwaterException>? _report;

    /// <param name="json">Whether the result is wanted as JSON.</param>
    public Terminal(bool json)
    {
        _json = json;
        _errors = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        _progress = new ProgressLine(_errors);
    }

    /// <summary>Whether the result is wanted as JSON.</summary>
    public bool Json => _json;

    /// <summary>Whether somebody watches: progress may redraw a line.</summary>
    public bool IsInteractive => !_json && !Console.IsErrorRedirected && _errors.Profile.Capabilities.Ansi;

    /// <summary>Prints nothing from here on: errors go to a log, and whatever else there is to say as well.</summary>
    public void LeaveTo(Action<HighwaterException> report) => _report = report;

    /// <summary>A line of the result for people; nothing with <c>--json</c>.</summary>
    public void Line(string text = "")
    {
        if (IsSilent)
            return;
        _progress.Clear();
        Console.Out.WriteLine(text);
    }

    /// <summary>How well something is, with what to do; nothing with <c>--json</c>.</summary>
    public void Verdict(StatusLevel level, string text, string? remedy)
    {
        var mark = level switch
        {
            StatusLevel.Ok => "ok",
            StatusLevel.Warn => "warn",
            _ => "FAIL",
        };
        Line($"{mark,-5}{text}");
        if (remedy is not null)
            Line($"     To fix it: {remedy}");
    }

    /// <summary>
    /// How far the work is: redraws one line with a bar where somebody watches, a line of its own elsewhere.
    /// </summary>
    /// <param name="text">What is done, with its figures.</param>
    /// <param name="percent">0 to 100; null while nobody can tell.</param>
    public void Progress(string text, double? percent)
    {
        if (IsInteractive)
            _progress.Draw(text, percent);
        else
            Note(text);
    }

    /// <summary>A table of the result for people; nothing with <c>--json</c>.</summary>
    public void Table(IReadOnlyList<string> header, IEnumerable<IReadOnlyList<string>> rows)
    {
        if (_json)
            return;
        _progress.Clear();
        foreach (var line in PlainTable.Format(header, rows))
            Console.Out.WriteLine(line);
    }

    /// <summary>The result for programs; nothing without <c>--json</c>.</summary>
    public void Result(object result)
    {
        if (_json)
            Console.Out.WriteLine(JsonSerializer.Serialize(result, JsonOptions));
    }

    /// <summary>A line about what goes on, on standard error.</summary>
    public void Note(string text)
    {
        if (IsSilent)
            return;
        _progress.Clear();
        Console.Error.WriteLine(text);
    }

    /// <summary>An error with its remedy: to the log that took over, else as below.</summary>
    public void Error(HighwaterException error)
    {
        if (_report is { } report)
            report(error);
        else
            Error(error.Code, error.Message);
    }

    /// <summary>An error with its remedy, on standard error; with <c>--json</c> as an object.</summary>
    public void Error(ErrorCode? code, string text)
    {
        if (_json)
        {
            var error = new { error = new { code = code?.Code, name = code?.Name, message = text } };
            Console.Out.WriteLine(JsonSerializer.Serialize(error, JsonOptions));
        }
        else
        {
            Note($"highwater: {text}");
        }
    }

    private bool IsSilent => _json || _report is not null;
}
