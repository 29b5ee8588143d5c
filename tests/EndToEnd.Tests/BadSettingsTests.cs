using System.Text.Json;
using Highwater.Engine.Errors;
using Highwater.TestKit.Postgres;
using Highwater.TestKit.Ssh;

namespace Highwater.EndToEnd.Tests;

public sealed class BadSettingsTests(InstallationFixture fixture) : IClassFixture<InstallationFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Installation Installation => fixture.Installation;

    [Theory]
    [InlineData("backup")]
    [InlineData("wal-sync")]
    [InlineData("status")]
    [InlineData("serve")]
    public async Task Every_missing_and_malformed_setting_is_named_at_once_with_an_example(string verb)
    {
        var result = await Installation.RunWithAsync(
            new Dictionary<string, string?>
            {
                ["POSTGRES_USER"] = null,
                ["POSTGRES_PORT"] = "five",
                ["BACKUP_RETENTION_COUNT"] = "-1",
                ["BACKUP_SCHEDULE"] = "every night",
                ["REMOTE_BACKUP_PATH"] = "not/absolute",
                ["REMOTE_BACKUP_KEY_FILE"] = "/nowhere/id",
            },
            Token,
            verb);

        result.ExpectError(
            ErrorCodes.SettingsInvalid,
            "POSTGRES_USER", "POSTGRES_PORT", "'five'", "BACKUP_RETENTION_COUNT", "'-1'", "BACKUP_SCHEDULE",
            "'every night'", "REMOTE_BACKUP_PATH", "'not/absolute'", "REMOTE_BACKUP_KEY_FILE", "/nowhere/id",
            "POSTGRES_USER=highwater", "BACKUP_RETENTION_COUNT=10");
    }

    [Theory]
    [InlineData("frobnicate")]
    [InlineData("backup", "--frobnicate")]
    [InlineData("prune", "--keep", "0")]
    [InlineData("restore")]
    [InlineData("restore", "--to", "x", "--backup", "yesterday")]
    [InlineData("restore", "--to", "x", "--target-time", "noon", "--immediate")]
    [InlineData("list", "--repository", "elsewhere")]
    public async Task Wrong_usage_ends_with_2_and_says_how_it_goes(params string[] arguments)
    {
        var result = (await Installation.RunAsync(Token, arguments)).ExpectExit((int)ExitCode.Usage);

        Assert.Contains("To fix it: ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at Highwater", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_password_is_named_as_such_and_never_shown()
    {
        var result = await Installation.RunWithAsync(Local("POSTGRES_PASSWORD", "hunter2"), Token, "backup");

        result.ExpectError(ErrorCodes.PostgresLoginFailed, "'highwater'", "ALTER ROLE highwater PASSWORD");
        Assert.DoesNotContain("hunter2", result.Error + result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no_replication", false, true)]
    [InlineData("no_settings", true, false)]
    public async Task A_missing_right_is_cured_by_the_SQL_of_the_message(
        string user, bool replication, bool readSettings)
    {
        await Installation.Postgres.CreateBackupUserAsync(user, "s3cret", Token, replication, readSettings);
        var settings = Local("POSTGRES_USER", user);

        var sql = (await Installation.RunWithAsync(settings, Token, "backup"))
            .ExpectError(ErrorCodes.PostgresRightMissing, $"'{user}'");
        await Installation.Postgres.ExecuteAsync(sql, Token);

        (await Installation.RunWithAsync(settings, Token, "backup")).ExpectDone();
    }

    [Fact]
    public async Task A_server_without_archiving_is_cured_by_the_SQL_of_the_message()
    {
        await using var installation = await Installation.StartAsync(Token, new PostgresServerOptions());
        var server = installation.Postgres;
        var result = await installation.RunAsync(Token, "backup");

        var remedy = result.ExpectError(ErrorCodes.ArchivingOff, "archive_mode is off");
        var statements = remedy.Split(';', StringSplitOptions.TrimEntries)
            .Where(part => part.StartsWith("ALTER SYSTEM", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, statements.Count);
        foreach (var statement in statements)
        {
            var here = statement.Replace(
                "/path/to/infra/postgres/archive-wal",
                $"WAL_SPOOL_PATH={server.SpoolPath} {server.ArchiveWalPath}",
                StringComparison.Ordinal);
            await server.ExecuteAsync(here, Token);
        }

        await server.RestartAsync(Token);
        (await installation.RunAsync(Token, "backup")).ExpectDone();
    }

    [Fact]
    public async Task A_server_that_is_down_is_named_with_its_address()
    {
        var port = $"{FreePort.Find()}";
        var result = await Installation.RunWithAsync(Local("POSTGRES_PORT", port), Token, "backup");

        result.ExpectError(ErrorCodes.PostgresUnreachable, $"127.0.0.1:{port}", $"pg_isready -h 127.0.0.1 -p {port}");
    }

    [Theory]
    [InlineData("POSTGRES_PASSWORD", "wrong", "HW202", "backup")]
    [InlineData("POSTGRES_PORT", "none", "HW101", "status")]
    [InlineData("LOCAL_BACKUP_PATH", "/nowhere", "HW401", "restore", "--to", "x", "--repository", "local")]
    public async Task With_json_an_error_is_one_JSON_document(
        string setting, string value, string code, params string[] arguments)
    {
        var result = await Installation.RunWithAsync(Local(setting, value), Token, [.. arguments, "--json"]);

        Assert.NotEqual(0, result.ExitCode);
        var error = JsonDocument.Parse(result.Output).RootElement.GetProperty("error");
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.Contains("To fix it: ", error.GetProperty("message").GetString()!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData]
    [InlineData("000000010000000000000001")]
    [InlineData("000000010000000000000001", "x", "--frobnicate")]
    [InlineData("not-a-segment", "x", "--repository", "local")]
    [InlineData("000000010000000000000001", "x", "--repository", "/nowhere")]
    [InlineData("000000010000000000000001", "x", "--repository", "elsewhere")]
    [InlineData("000000010000000000000001", "x", "--repository", "sftp://backup@127.0.0.1:1/nowhere")]
    public async Task Wal_get_never_lets_trouble_pass_for_the_end_of_the_archive(params string[] arguments)
    {
        var result = await Installation.RunBareAsync(Token, ["wal-get", .. arguments]);

        Assert.InRange(result.ExitCode, 126, 255);
        Assert.Contains("highwater: ", result.Error, StringComparison.Ordinal);
    }

    /// <summary>One setting changed, and no remote repository, for tests of the way to the server.</summary>
    private static Dictionary<string, string?> Local(string name, string value) =>
        new() { ["REMOTE_BACKUP_HOST"] = null, [name] = value };
}
