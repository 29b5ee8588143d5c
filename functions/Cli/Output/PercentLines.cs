using System.Globalization;
using Highwater.Engine.Diagnostics;

namespace Highwater.Cli.Output;

/// <summary>Says how far a long piece of work is, in bytes and percent: at most a line for each tenth of it.</summary>
public sealed class PercentLines(string what, Terminal terminal)
{
    private readonly Lock _lock = new();
    private int _lastTenth;

    /// <summary>A receiver of progress records.</summary>
    public IProgress<T> Of<T>(Func<T, (long Done, long Total)> read) => new Receiver<T>(this, read);

    private void Report(long done, long total)
    {
        if (total <= 0)
            return;
        lock (_lock)
        {
            var tenth = (int)(10 * done / total);
            if (tenth <= _lastTenth)
                return;
            _lastTenth = tenth;
            terminal.Note(string.Create(
                CultureInfo.InvariantCulture,
                $"{what}: {new ByteCount(done)} of {new ByteCount(total)}, {100.0 * done / total:0} %"));
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
