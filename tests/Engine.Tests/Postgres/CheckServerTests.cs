using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.TestKit.Postgres;

namespace Highwater.Engine.Tests.Postgres;

public sealed class CheckServerTests(ArchivingServer archiving) : IClassFixture<ArchivingServer>
{
    private readonly PostgresServer _server = archiving.Server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Facts_are_those_of_the_server()
    {
        var options = _server.ConnectionFor(ArchivingServer.User, ArchivingServer.Password);
        var facts = await new CheckServer(options).RunAsync(Token);
        Assert.Equal(
            await _server.QueryAsync<string>("SELECT system_identifier::text FROM pg_control_system()", Token),
            facts.SystemIdentifier.ToString());
        Assert.Equal(await _server.QueryAsync<string>("SHOW server_version_num", Token), $"{facts.VersionNumber}");
        Assert.Equal(1 << 20, facts.WalSegmentSize.Bytes);
        Assert.Equal(1u, facts.Timeline);
        Assert.Equal(_server.DataDirectory, facts.DataDirectory);
        Assert.Contains("archive-wal", facts.ArchiveCommand, StringComparison.Ordinal);
        Assert.True(facts.DataChecksums);
        Assert.False(facts.InRecovery);
        Assert.True(facts.CurrentLsn > Lsn.None);
        Assert.True(facts.DatabaseBytes > 1_000_000);
        Assert.Equal(new ServerRole(MayReplicate: true, MayReadAllSettings: true, MaySwitchWal: true), facts.Role);
        Assert.Empty(facts.Tablespaces);
    }

    [Fact]
    public async Task A_wrong_password_is_named_and_never_printed()
    {
        var error = await FailAsync(_server.ConnectionFor(ArchivingServer.User, "wr0ng-one"));
        Assert.Equal(ErrorCodes.PostgresLoginFailed, error.Code);
        Assert.Contains("ALTER ROLE highwater PASSWORD", error.Remedy, StringComparison.Ordinal);
        Assert.DoesNotContain("wr0ng-one", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_password_is_a_failed_login() => Assert.Equal(
        ErrorCodes.PostgresLoginFailed, (await FailAsync(_server.ConnectionFor(ArchivingServer.User, null))).Code);

    [Fact]
    public async Task An_unknown_database_is_named()
    {
        var error = await FailAsync(_server.Connection with { Database = "nowhere" });
        Assert.Equal(ErrorCodes.PostgresLoginFailed, error.Code);
        Assert.Contains("nowhere", error.WhatHappened, StringComparison.Ordinal);
        Assert.Contains("POSTGRES_DB", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_missing_rights_are_named_at_once_with_their_sql()
    {
        await _server.CreateBackupUserAsync("Bare Role", "x", Token, replication: false, readSettings: false);
        var error = await FailAsync(_server.ConnectionFor("Bare Role", "x"));
        Assert.Equal(ErrorCodes.PostgresRightMissing, error.Code);
        Assert.Contains("ALTER ROLE \"Bare Role\" REPLICATION;", error.Remedy, StringComparison.Ordinal);
        Assert.Contains("GRANT pg_read_all_settings TO \"Bare Role\";", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_sql_of_the_remedy_cures_the_missing_rights()
    {
        await _server.CreateBackupUserAsync("curable", "x", Token, replication: false, readSettings: false);
        var options = _server.ConnectionFor("curable", "x");
        var facts = await new ReadServerFacts(options).RunAsync(Token);
        foreach (var unmet in ServerRequirements.FindUnmet(facts, options))
            await _server.ExecuteAsync(unmet.Remedy, Token);
        Assert.True((await new CheckServer(options).RunAsync(Token)).Role.MayReplicate);
    }

    [Fact]
    public async Task Without_the_right_a_wal_switch_is_refused_with_the_grant()
    {
        await _server.ExecuteAsync("CREATE ROLE plain LOGIN PASSWORD 'x'", Token);
        var error = await Assert.ThrowsAsync<HighwaterException>(
            () => new SwitchWal(_server.ConnectionFor("plain", "x")).RunAsync(Token));
        Assert.Equal(ErrorCodes.PostgresRightMissing, error.Code);
        await _server.ExecuteAsync(error.Remedy, Token);
        Assert.True(await new SwitchWal(_server.ConnectionFor("plain", "x")).RunAsync(Token) > Lsn.None);
    }

    [Fact]
    public async Task A_server_that_is_down_is_transient_and_named_by_host_and_port()
    {
        await using var down = await PostgresServer.StartAsync(new PostgresServerOptions(), Token);
        await down.StopAsync(Token);
        var error = await FailAsync(down.Connection);
        Assert.IsType<TransientException>(error);
        Assert.Equal(ErrorCodes.PostgresUnreachable, error.Code);
        Assert.Contains($"127.0.0.1:{down.Port}", error.WhatHappened, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Archiving_off_and_no_wal_senders_are_both_named()
    {
        Dictionary<string, string> settings = new() { ["max_wal_senders"] = "0", ["wal_level"] = "minimal" };
        await using var bare = await PostgresServer.StartAsync(
            new PostgresServerOptions { Settings = settings }, Token);
        var error = await FailAsync(bare.Connection);
        Assert.Contains("ALTER SYSTEM SET archive_mode = on;", error.Remedy, StringComparison.Ordinal);
        Assert.Contains("ALTER SYSTEM SET wal_level = replica;", error.Remedy, StringComparison.Ordinal);
        Assert.Contains("ALTER SYSTEM SET max_wal_senders = 10;", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_of_pg_hba_conf_comes_with_the_line_that_cures_it()
    {
        await using var strict = await PostgresServer.StartAsync(new PostgresServerOptions { Archiving = true }, Token);
        var hba = Path.Combine(strict.DataDirectory, "pg_hba.conf");
        await File.WriteAllTextAsync(hba, "host all all 127.0.0.1/32 scram-sha-256\n", Token);
        await strict.ExecuteAsync("SELECT pg_reload_conf()", Token);
        HighwaterException? error = null;
        await strict.WaitUntilAsync(
            "the server refuses replication",
            async () => (error = await TryAsync(strict.Connection)) is not null, TimeSpan.FromSeconds(20), Token);
        Assert.Equal(ErrorCodes.PostgresLoginFailed, error!.Code);
        var line = error.Remedy.Split('`')[1];
        Assert.Equal("host  replication  postgres  127.0.0.1/32  scram-sha-256", line);
        await File.AppendAllTextAsync(hba, line + "\n", Token);
        await strict.ExecuteAsync("SELECT pg_reload_conf()", Token);
        await strict.WaitUntilAsync(
            "the server admits replication", async () => await TryAsync(strict.Connection) is null,
            TimeSpan.FromSeconds(20), Token);
    }

    private static async Task<HighwaterException> FailAsync(PostgresOptions options) =>
        await TryAsync(options) ?? throw new InvalidOperationException("The check was expected to fail.");

    private static async Task<HighwaterException?> TryAsync(PostgresOptions options)
    {
        try
        {
            await new CheckServer(options).RunAsync(Token);
            return null;
        }
        catch (HighwaterException e)
        {
            return e;
        }
    }
}
