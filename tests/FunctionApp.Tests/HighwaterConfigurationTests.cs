using Microsoft.Extensions.Configuration;

namespace Highwater.FunctionApp.Tests;

public sealed class HighwaterConfigurationTests
{
    [Theory]
    [InlineData(null, null, "00:01:00")]
    [InlineData("15", null, "00:00:15")]
    [InlineData("3600", null, "01:00:00")]
    [InlineData("15", "*/5 * * * *", "*/5 * * * *")]
    public void The_timer_reads_the_schedule_or_else_the_interval(string? interval, string? schedule, string expected)
    {
        var configuration = Read(("WAL_SYNC_INTERVAL", interval), ("WAL_SYNC_SCHEDULE", schedule));

        Assert.Equal(expected, configuration["WAL_SYNC_SCHEDULE"]);
    }

    [Theory]
    [InlineData(null, "0 2 * * *")]
    [InlineData("0 30 3 * * *", "0 30 3 * * *")]
    public void Base_backups_are_taken_at_two_unless_set_otherwise(string? schedule, string expected) =>
        Assert.Equal(expected, Read(("BACKUP_SCHEDULE", schedule))["BACKUP_SCHEDULE"]);

    private static IConfigurationRoot Read(params (string Name, string? Value)[] settings)
    {
        var builder = new ConfigurationBuilder().AddInMemoryCollection(
            settings.ToDictionary(setting => setting.Name, setting => setting.Value));
        builder.AddHighwaterDefaults();
        return builder.Build();
    }
}
