using System.Globalization;
using System.Text.Json.Serialization;

namespace Highwater.Engine.Postgres;

/// <summary>
/// The number initdb gives a cluster and every copy of it keeps (<c>system_identifier</c> of pg_control_system(),
/// <c>xlp_sysid</c> of the first page of every WAL segment). In JSON a string: it has more than 53 bits.
/// </summary>
[JsonConverter(typeof(SystemIdentifierJsonConverter))]
public readonly record struct SystemIdentifier(ulong Value)
{
    /// <summary>A decimal number of 64 bits, or false.</summary>
    public static bool TryParse(string? text, out SystemIdentifier identifier)
    {
        var isNumber = ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value);
        identifier = new SystemIdentifier(value);
        return isNumber;
    }

    /// <exception cref="FormatException">The text is not a decimal number of 64 bits.</exception>
    public static SystemIdentifier Parse(string text) =>
        new(ulong.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture));

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
