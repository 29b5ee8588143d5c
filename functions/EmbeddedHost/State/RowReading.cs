using Microsoft.Data.Sqlite;

namespace Highwater.EmbeddedHost.State;

/// <summary>Reads what <see cref="StateSession"/> stores: times are UTC ticks.</summary>
internal static class RowReading
{
    public static string? Text(this SqliteDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetString(column);

    public static DateTimeOffset Time(this SqliteDataReader reader, int column) =>
        new(Math.Clamp(reader.GetInt64(column), 0, DateTimeOffset.MaxValue.Ticks), TimeSpan.Zero);

    public static DateTimeOffset? OptionalTime(this SqliteDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.Time(column);
}
