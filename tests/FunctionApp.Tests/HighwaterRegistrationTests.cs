using Highwater.Engine.Errors;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Highwater.FunctionApp.Tests;

public sealed class HighwaterRegistrationTests
{
    private static readonly string[] Expected =
    [
        "POSTGRES_USER", "POSTGRES_PORT", "'0'", "WAL_SYNC_INTERVAL", "'soon'", "BACKUP_SCHEDULE", "'nightly'",
        "BACKUP_RETENTION_COUNT=10", "REMOTE_BACKUP_HOST", "'user@host'", "REMOTE_BACKUP_USER=backup",
        "REMOTE_BACKUP_PATH=/srv/backups/main", "REMOTE_BACKUP_KEY_FILE",
    ];

    [Fact]
    public void Every_fault_in_the_settings_is_named_at_once_with_an_example()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["POSTGRES_PORT"] = "0",
            ["WAL_SYNC_INTERVAL"] = "soon",
            ["BACKUP_SCHEDULE"] = "nightly",
            ["BACKUP_RETENTION_COUNT"] = "0",
            ["REMOTE_BACKUP_HOST"] = "user@host",
        }).Build();

        var error = Assert.Throws<HighwaterException>(() => new ServiceCollection().AddHighwater(configuration));

        Assert.Equal(ErrorCodes.SettingsInvalid, error.Code);
        Assert.All(
            Expected,
            words => Assert.Contains(words, error.Message, StringComparison.Ordinal));
    }
}
