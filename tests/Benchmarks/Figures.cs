using Highwater.Engine.Diagnostics;

namespace Highwater.Benchmarks;

/// <summary>How figures are written: aligned, with their unit.</summary>
internal static class Figures
{
    public static string Size(long bytes) => new ByteCount(bytes).ToString();

    public static string Line(string what, TimeSpan time, string rest) =>
        $"  {what,-46} {time.TotalSeconds,7:F1} s  {rest}";

    public static string Rate(long bytes, TimeSpan time) => $"{bytes / time.TotalSeconds / 1e6,6:F0} MB/s";

    public static string Ratio(TimeSpan time, TimeSpan anchor, string goal) =>
        $"{time / anchor:F2} x its anchor (goal {goal})";
}
