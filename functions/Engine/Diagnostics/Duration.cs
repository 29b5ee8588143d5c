using System.Globalization;

namespace Highwater.Engine.Diagnostics;

/// <summary>A time span, printed for people in its two largest units: <c>850 ms</c>, <c>12.3 s</c>, <c>4 min 10 s</c>,
/// <c>3 h 5 min</c>, <c>2 d 4 h</c>.</summary>
/// <param name="Span">The time span; a negative one is printed as none.</param>
public readonly record struct Duration(TimeSpan Span)
{
    /// <inheritdoc/>
    public override string ToString()
    {
        var span = Span < TimeSpan.Zero ? TimeSpan.Zero : Span;
        if (span.TotalMilliseconds < 999.5)
            return string.Create(CultureInfo.InvariantCulture, $"{span.TotalMilliseconds:0} ms");
        if (span.TotalSeconds < 59.95)
            return string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.0} s");

        var seconds = (long)Math.Round(span.TotalSeconds);
        var (large, largeUnit, small, smallUnit) = seconds switch
        {
            < 3_600 => (seconds / 60, "min", seconds % 60, "s"),
            < 86_400 => (seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
            _ => (seconds / 86_400, "d", seconds % 86_400 / 3_600, "h"),
        };
        var text = string.Create(CultureInfo.InvariantCulture, $"{large} {largeUnit}");
        return small == 0 ? text : text + string.Create(CultureInfo.InvariantCulture, $" {small} {smallUnit}");
    }
}
