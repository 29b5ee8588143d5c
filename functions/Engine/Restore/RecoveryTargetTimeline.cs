using System.Globalization;
using Highwater.Engine.Errors;

namespace Highwater.Engine.Restore;

/// <summary>Which timeline recovery follows (<c>recovery_target_timeline</c>).</summary>
/// <param name="Keyword"><c>latest</c> or <c>current</c>; null where a number is given.</param>
/// <param name="Number">The timeline; null where a keyword is given.</param>
public sealed record RecoveryTargetTimeline(string? Keyword, uint? Number)
{
    /// <summary>The newest timeline the archive has a history of, seen from the base backup's.</summary>
    public static readonly RecoveryTargetTimeline Latest = new("latest", null);

    /// <summary>The timeline the base backup was taken on.</summary>
    public static readonly RecoveryTargetTimeline Current = new("current", null);

    /// <summary>One timeline by number.</summary>
    public static RecoveryTargetTimeline Of(uint timeline) => new(null, timeline);

    /// <summary>Reads <c>latest</c>, <c>current</c>, or a number, decimal or hexadecimal after <c>0x</c>.</summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.RecoveryTargetInvalid"/>.</exception>
    public static RecoveryTargetTimeline Parse(string? text)
    {
        if (text is null or "latest")
            return Latest;
        if (text == "current")
            return Current;
        var hex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        var style = hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None;
        if (uint.TryParse(hex ? text[2..] : text, style, CultureInfo.InvariantCulture, out var number) && number > 0)
            return Of(number);
        throw new HighwaterException(
            ErrorCodes.RecoveryTargetInvalid,
            $"'{text}' is not a timeline.",
            "give latest, current or a number: --target-timeline 3");
    }

    /// <inheritdoc/>
    public override string ToString() => Keyword ?? Number!.Value.ToString(CultureInfo.InvariantCulture);
}
