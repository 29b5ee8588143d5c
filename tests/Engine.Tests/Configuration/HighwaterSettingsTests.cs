using Highwater.Engine.Configuration;
using Highwater.Engine.Errors;
using Microsoft.Extensions.Configuration;

namespace Highwater.Engine.Tests.Configuration;

public sealed class HighwaterSettingsTests
{
    [Fact]
    public void A_user_alone_is_enough_and_means_local_only()
    {
        var settings = Read(("POSTGRES_USER", "highwater"));

        Assert.Equal("highwater@localhost:5432/postgres", settings.Postgres.ToString());
        Assert.Equal("local", Assert.Single(settings.Repositories).Name);
        Assert.Equal(10, settings.RetentionCount);
        Assert.Equal("0 2 * * *", settings.Schedules.BaseBackup);
        Assert.Equal("00:01:00", settings.Schedules.WalSync);
    }

    [Fact]
    public void Every_fault_is_named_at_once_with_a_valid_example()
    {
        var error = Assert.Throws<HighwaterException>(() => Read(
            ("POSTGRES_PORT", "70000"),
            ("POSTGRES_PASSWORD_FILE", "/nowhere/password"),
            ("BACKUP_SCHEDULE", "every day"),
            ("BACKUP_RETENTION_COUNT", "0"),
            ("WAL_SYNC_INTERVAL", "1 minute"),
            ("REMOTE_BACKUP_HOST", "backup.example.org"),
            ("REMOTE_BACKUP_PORT", "ssh"),
            ("REMOTE_BACKUP_PATH", "relative"),
            ("REMOTE_BACKUP_KEY_FILE", "/nowhere/id"),
            ("HIGHWATER_KEY_FILE", "/dev/null")));

        Assert.Equal(ErrorCodes.SettingsInvalid, error.Code);
        Assert.Equal(ExitCode.Usage, error.Code.ExitCode);
        Assert.All(
            (string[])
            [
                "POSTGRES_USER", "POSTGRES_PORT", "POSTGRES_PASSWORD_FILE", "BACKUP_SCHEDULE", "BACKUP_RETENTION_COUNT",
                "WAL_SYNC_INTERVAL", "REMOTE_BACKUP_PORT", "REMOTE_BACKUP_USER", "REMOTE_BACKUP_PATH",
                "REMOTE_BACKUP_KEY_FILE", "HIGHWATER_KEY_FILE",
            ],
            setting => Assert.Contains($"- {setting}: ", error.Message, StringComparison.Ordinal));
        Assert.Equal(11, error.Message.Split("(for example ").Length - 1);
        Assert.Contains("ssh-keygen -t ed25519", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_password_file_wins_over_nothing_and_the_password_is_never_printed()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, "s3cret\n");

        var settings = Read(("POSTGRES_USER", "highwater"), ("POSTGRES_PASSWORD_FILE", file));

        Assert.Equal("s3cret", settings.Postgres.Password);
        Assert.DoesNotContain("s3cret", settings.ToString(), StringComparison.Ordinal);
        File.Delete(file);
    }

    [Theory]
    [InlineData("*/5 * * * * *")]
    [InlineData("0 2 * * *")]
    [InlineData("00:00:30")]
    public void Schedules_are_cron_with_five_or_six_fields_or_time_spans(string schedule) =>
        Assert.Equal(schedule, Read(("POSTGRES_USER", "u"), ("WAL_SYNC_SCHEDULE", schedule)).Schedules.WalSync);

    [Fact]
    public void The_exact_retention_setting_wins_over_its_older_name()
    {
        var settings = Read(
            ("POSTGRES_USER", "u"), ("BACKUP_RETENTION_DAYS", "3"), ("BACKUP_RETENTION_COUNT", "5"));

        Assert.Equal(5, settings.RetentionCount);
        Assert.Equal(3, Read(("POSTGRES_USER", "u"), ("BACKUP_RETENTION_DAYS", "3")).RetentionCount);
    }

    private static HighwaterSettings Read(params (string Name, string Value)[] values) =>
        HighwaterSettings.Read(new ConfigurationBuilder()
            .AddInMemoryCollection(values.Select(v => new KeyValuePair<string, string?>(v.Name, v.Value)))
            .Build());
}
