using System.Globalization;

namespace Highwater.Engine.Diagnostics;

/// <summary>A number of bytes, printed for people with binary units: <c>12.3 MiB</c>.</summary>
/// <param name="Bytes">The number.</param>
public readonly record struct ByteCount(long Bytes)
{
    private static readonly string[] Units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <inheritdoc/>
    public override string ToString()
    {
        if (Math.Abs((double)Bytes) < 1024)
            return string.Create(CultureInfo.InvariantCulture, $"{Bytes} B");
        var value = (double)Bytes;
        var unit = -1;
        do
        {
            value /= 1024;
            unit++;
        }
        while (Math.Round(Math.Abs(value), 1) >= 1024 && unit < Units.Length - 1);
        return string.Create(CultureInfo.InvariantCulture, $"{value:0.0} {Units[unit]}");
    }
}
