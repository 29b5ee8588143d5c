namespace Highwater.EmbeddedHost.State;

internal static class ScheduleTable
{
    public static ScheduleRow? FindSchedule(this StateSession session, string function) => session.Query(
        "SELECT last, next, updated FROM schedules WHERE function = $function",
        reader => new ScheduleRow(reader.Time(0), reader.Time(1), reader.Time(2)),
        ("$function", function)).SingleOrDefault();

    public static void SaveSchedule(this StateSession session, string function, ScheduleRow row) => session.Execute(
        "INSERT OR REPLACE INTO schedules (function, last, next, updated) VALUES ($function, $last, $next, $updated)",
        ("$function", function),
        ("$last", row.Last),
        ("$next", row.Next),
        ("$updated", row.Updated));
}
