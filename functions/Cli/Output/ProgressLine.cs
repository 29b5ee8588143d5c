using Spectre.Console;

namespace Highwater.Cli.Output;

/// <summary>One line that redraws itself at the bottom of a terminal.</summary>
public sealed class ProgressLine(IAnsiConsole console)
{
    private const int BarWidth = 24;
    private readonly Lock _lock = new();
    private bool _drawn;

    /// <summary>Replaces the line.</summary>
    /// <param name="text">Cut where the terminal ends: a wrapped line could not be redrawn.</param>
    /// <param name="percent">0 to 100 draws a bar before the text; null draws none.</param>
    public void Draw(string text, double? percent)
    {
        var line = (percent is { } known ? Bar(known) : "") + text;
        var room = Math.Max(1, console.Profile.Width - 1);
        lock (_lock)
        {
            Erase();
            console.Write(new Text(line.Length > room ? line[..room] : line));
            _drawn = true;
        }
    }

    /// <summary>Makes room for an ordinary line.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            if (_drawn)
                Erase();
            _drawn = false;
        }
    }

    private static string Bar(double percent)
    {
        var done = (int)Math.Clamp(percent / 100 * BarWidth, 0, BarWidth);
        return $"  [{new string('#', done)}{new string('.', BarWidth - done)}]";
    }

    private void Erase() => console.Write(new ControlCode("\r\u001b[2K"));
}
