namespace Highwater.Cli.Output;

/// <summary>Columns padded with spaces: readable on a terminal, in a log, and by awk.</summary>
public static class PlainTable
{
    /// <summary>The header and the rows, each row as long as the header, as lines.</summary>
    public static IEnumerable<string> Format(IReadOnlyList<string> header, IEnumerable<IReadOnlyList<string>> rows)
    {
        IReadOnlyList<IReadOnlyList<string>> all = [header, .. rows];
        var widths = header.Select((_, column) => all.Max(row => row[column].Length)).ToArray();
        return all.Select(
            row => string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }
}
