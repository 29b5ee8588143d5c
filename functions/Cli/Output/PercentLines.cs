using System.Globalization;
using Highwater.Engine.Diagnostics;

namespace Highwater.Cli.Output;

/// <summary>
/// Says how far a long piece of work is, in bytes and percent: a line that redraws itself on a terminal, elsewhere
/// at most one line for each tenth of the work.
/// </summary>
public sealed class PercentLines(string what, Terminal terminal)
{
    private readonly Lock _lock = new();
    private readonly int _steps = terminal.IsInteractive ? 1000 : 10;
    private int _lastStep;

    /// <summary>A receiver of progress records.</summary>
    public IProgress<T> Of<T>(Func<T, (long Done, long Total)> read) => new Receiver<T>(this, read);

    private void Report(long done, long total)
    {
        if (total <= 0)
            return;
        lock (_lock)
        {
            var step = (int)(_steps * done / total);
            if (step <= _lastStep)
                return;
            _lastStep = step;
            var percent = Math.Floor(100.0 * done / total);
            terminal.Progress(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{what}: {new ByteCount(done)} of {new ByteCount(total)}, {percent:0} %"),
                percent);
        }
    }

    // Progress<T> would post to the thread pool, and lines could come after the result.
    private sealed class Receiver<T>(PercentLines lines, Func<T, (long Done, long Total)> read) : IProgress<T>
    {
        public void Report(T value)
        {
            var (done, total) = read(value);
            lines.Report(done, total);
        }
    }
}
