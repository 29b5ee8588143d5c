using System.Globalization;
using System.Text.Json.Serialization;

namespace Highwater.Engine.Postgres;

/// <summary>
/// A log sequence number: a byte position in the write-ahead log, written as two hex halves such as <c>16/B374D848</c>.
/// See "pg_lsn Type" in the PostgreSQL documentation.
/// </summary>
/// <param name="Value">Bytes from the start of the log.</param>
[JsonConverter(typeof(LsnJsonConverter))]
public readonly record struct Lsn(ulong Value) : IComparable<Lsn>
{
    /// <summary>No position: PostgreSQL's InvalidXLogRecPtr, 0/0.</summary>
    public static readonly Lsn None;

    public static bool operator <(Lsn left, Lsn right) => left.Value < right.Value;

    public static bool operator >(Lsn left, Lsn right) => left.Value > right.Value;

    public static bool operator <=(Lsn left, Lsn right) => left.Value <= right.Value;

    public static bool operator >=(Lsn left, Lsn right) => left.Value >= right.Value;

    /// <summary>Parses <c>X/Y</c>, each half one to eight hex digits.</summary>
    public static bool TryParse(string? text, out Lsn lsn)
    {
        lsn = None;
        var slash = text?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        if (slash is < 1 or > 8 || text!.Length - slash - 1 is < 1 or > 8)
            return false;
        if (!uint.TryParse(
                text.AsSpan(0, slash), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var high)
            || !uint.TryParse(
                text.AsSpan(slash + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var low))
            return false;
        lsn = new Lsn(((ulong)high << 32) | low);
        return true;
    }

    /// <exception cref="FormatException">The text is not an LSN.</exception>
    public static Lsn Parse(string text) =>
        TryParse(text, out var lsn) ? lsn : throw new FormatException($"'{text}' is not an LSN such as 16/B374D848.");

    public int CompareTo(Lsn other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => $"{Value >> 32:X}/{(uint)Value:X}";
}
