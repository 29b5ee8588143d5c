using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Highwater.Engine.Repository;

/// <summary>
/// The id of a base backup: its start in UTC such as <c>20261122T020000Z</c>, with <c>-2</c>, <c>-3</c> … on a tie.
/// Ids sort by start time, which is the only order of base backups: WAL names and timelines are none.
/// </summary>
[JsonConverter(typeof(BackupIdJsonConverter))]
public sealed partial record BackupId : IComparable<BackupId>
{
    private const string TimeFormat = "yyyyMMdd'T'HHmmss'Z'";

    private readonly int _tie;

    private BackupId(DateTimeOffset startedAt, int tie)
    {
        StartedAt = startedAt;
        _tie = tie;
    }

    /// <summary>When the base backup started, to the second.</summary>
    public DateTimeOffset StartedAt { get; }

    /// <summary>An id for a start time that none of <paramref name="taken"/> has.</summary>
    public static BackupId New(DateTimeOffset startedAt, IReadOnlyCollection<BackupId> taken)
    {
        var second = startedAt.ToUniversalTime();
        second = new DateTimeOffset(second.Ticks - (second.Ticks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
        for (var tie = 1; ; tie++)
        {
            var id = new BackupId(second, tie);
            if (!taken.Contains(id))
                return id;
        }
    }

    public static bool TryParse(string? text, [NotNullWhen(true)] out BackupId? id)
    {
        id = null;
        if (text is null || !Pattern.IsMatch(text))
            return false;
        if (!DateTimeOffset.TryParseExact(
            text[..16], TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var startedAt))
            return false;
        id = new BackupId(startedAt, text.Length > 16 ? int.Parse(text.AsSpan(17), CultureInfo.InvariantCulture) : 1);
        return true;
    }

    /// <exception cref="FormatException">The text is not the id of a base backup.</exception>
    public static BackupId Parse(string text) => TryParse(text, out var id)
        ? id
        : throw new FormatException($"'{text}' is not the id of a base backup such as 20261122T020000Z.");

    public int CompareTo(BackupId? other) =>
        other is null ? 1 : (StartedAt, _tie).CompareTo((other.StartedAt, other._tie));

    /// <inheritdoc/>
    public override string ToString() =>
        StartedAt.ToString(TimeFormat, CultureInfo.InvariantCulture) + (_tie > 1 ? $"-{_tie}" : "");

    [GeneratedRegex("^[0-9]{8}T[0-9]{6}Z(-([2-9]|[1-9][0-9]{1,3}))?\\z")]
    private static partial Regex Pattern { get; }
}
