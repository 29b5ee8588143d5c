using System.Globalization;
using Highwater.Engine.Postgres;

namespace Highwater.Engine.Restore.Prefetch;

/// <summary>What recovery is about to ask for.</summary>
/// <param name="Next">The segment after the one it has just been given.</param>
/// <param name="Size">Of the cluster's segments.</param>
public sealed record PrefetchRequest(WalSegmentName Next, WalSegmentSize Size)
{
    /// <summary>Reads what <see cref="ToString"/> wrote; null for anything else, such as a half-written file.</summary>
    public static PrefetchRequest? Parse(string text)
    {
        var words = text.Split(' ');
        if (words.Length != 2 || !text.EndsWith('\n') || !WalSegmentName.TryParse(words[0], out var next)
            || !long.TryParse(words[1].AsSpan()[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var bytes))
            return null;
        try
        {
            return new PrefetchRequest(next, new WalSegmentSize(bytes));
        }
        catch (ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    /// <summary>One line with its end, so that a part of it is never taken for the whole.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Next} {Size.Bytes}\n");
}
