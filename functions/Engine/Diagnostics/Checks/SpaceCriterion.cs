using System.Globalization;

namespace Highwater.Engine.Diagnostics.Checks;

/// <summary>Whether a repository has room to grow until pruning gives room back. Pure.</summary>
internal static class SpaceCriterion
{
    private const double LittleRoom = 0.05;
    private const int DaysToAct = 3;
    private const int ManyDays = 3650;

    public static CheckLine Judge(CheckedRepository repository, int keep)
    {
        var status = repository.Status;
        if (status.Storage is not { FreeBytes: { } free, TotalBytes: { } total })
            return Line(StatusLevel.Ok, "How much room is left is unknown: the storage does not say.");
        var room = $"{new ByteCount(free)} of {new ByteCount(total)} are free";
        var remedy = $"make room at {status.Address}, or keep fewer base backups (BACKUP_RETENTION_COUNT) and run "
            + "'highwater prune'";
        var little = free < total * LittleRoom;
        if (repository.Growth is not { BytesPerDay: > 0 } growth)
            return little
                ? Line(StatusLevel.Warn, room + ".", remedy)
                : Line(StatusLevel.Ok, room + "; how long they last shows when base backups span half a day.");

        var days = (double)free / growth.BytesPerDay;
        var time = days > ManyDays ? "years" : string.Create(CultureInfo.InvariantCulture, $"{days:0} days");
        var text = $"{room}: enough for {time} at {new ByteCount(growth.BytesPerDay)} a day";
        var wait = TimeUntilFirstPrune(status, keep);
        if (wait > TimeSpan.Zero)
            text += $"; the first base backup goes in {new Duration(wait)}";
        var level = days < 1 ? StatusLevel.Fail
            : little || days < Math.Max(DaysToAct, wait.TotalDays) ? StatusLevel.Warn
            : StatusLevel.Ok;
        return level == StatusLevel.Ok ? Line(level, text + ".") : Line(level, text + ".", remedy);

        CheckLine Line(StatusLevel lineLevel, string lineText, string? lineRemedy = null) =>
            new("space", status.Name, lineLevel, lineText, lineRemedy);
    }

    // From then on about as much goes as comes.
    private static TimeSpan TimeUntilFirstPrune(RepositoryStatus status, int keep)
    {
        var missing = Math.Max(0, keep - status.RestorableBackups);
        var interval = status.Freshness?.Interval ?? TimeSpan.Zero;
        return missing == 0 ? TimeSpan.Zero : (missing + 1) * interval;
    }
}
