using System.Diagnostics;
using System.Formats.Tar;
using System.Text;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.TestKit.Postgres;
using Microsoft.Extensions.Logging.Abstractions;

namespace Highwater.Engine.Tests.Postgres;

public sealed class BaseBackupProcessTests : IDisposable
{
    private readonly string _staging = Path.Combine(Path.GetTempPath(), $"highwater-staging-{Guid.NewGuid():N}");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_stream_is_a_tar_that_begins_with_the_label_and_ends_with_the_manifest()
    {
        await using var server = await StartServerAsync();
        await using var backup = await StartBackupAsync(server.Connection);
        var tars = backup.ReadTarsAsync(Token).GetAsyncEnumerator(Token);
        Assert.True(await tars.MoveNextAsync());
        Assert.Null(tars.Current.Tablespace);
        var names = await ReadNamesAsync(tars.Current.Content);
        await backup.CompleteAsync(Token);
        Assert.False(await tars.MoveNextAsync());
        Assert.Equal("backup_label", names[0]);
        Assert.Contains("global/pg_control", names);
        Assert.Equal("backup_manifest", names[^1]);
        Assert.Null(backup.ManifestPath);
    }

    [Fact]
    public async Task Label_and_manifest_of_a_real_base_backup_are_read_and_agree()
    {
        await using var server = await StartServerAsync();
        await using var backup = await StartBackupAsync(server.Connection);
        BackupLabel? label = null;
        BackupManifest? manifest = null;
        List<ManifestFile> files = [];
        await using var tar = new TarReader(await FirstTarAsync(backup), leaveOpen: true);
        while (await tar.GetNextEntryAsync(cancellationToken: Token) is { } entry)
        {
            if (entry.Name == "backup_label")
                label = BackupLabel.Parse(await new StreamReader(entry.DataStream!).ReadToEndAsync(Token));
            if (entry.Name == "backup_manifest")
                manifest = await BackupManifestReader.ReadAsync(entry.DataStream!, files.Add, Token);
        }

        await backup.CompleteAsync(Token);
        var range = Assert.Single(manifest!.WalRanges);
        Assert.Equal(label!.StartLsn, range.Start);
        Assert.Equal(label.Timeline, range.Timeline);
        Assert.Equal("test", label.Label);
        Assert.Equal(files.Count, manifest.FileCount);
        Assert.Contains(files, f => f is { Path: "global/pg_control", Size: 8192, ChecksumAlgorithm: "SHA256" });
    }

    [Fact]
    public async Task Tablespaces_come_as_tars_of_their_own_and_leave_nothing_behind()
    {
        await using var server = await StartServerAsync();
        await server.CreateTablespaceAsync("fast", Token);
        await server.ExecuteAsync("CREATE TABLE t TABLESPACE fast AS SELECT generate_series(1, 9000) AS n", Token);
        await using (var backup = await StartBackupAsync(server.Connection))
        {
            List<uint?> tablespaces = [];
            await foreach (var tar in backup.ReadTarsAsync(Token))
            {
                tablespaces.Add(tar.Tablespace?.Oid);
                Assert.NotEmpty(await ReadNamesAsync(tar.Content));
            }

            await backup.CompleteAsync(Token);
            var oid = await server.QueryAsync<uint>("SELECT oid FROM pg_tablespace WHERE spcname = 'fast'", Token);
            Assert.Equal([null, oid], tablespaces);
            await using var manifest = File.OpenRead(backup.ManifestPath!);
            Assert.True((await BackupManifestReader.ReadAsync(manifest, null, Token)).FileCount > 900);
        }

        Assert.False(Directory.Exists(_staging));
    }

    [Fact]
    public async Task A_server_killed_in_the_middle_is_a_transient_error_and_never_an_early_end()
    {
        await using var server = await StartServerAsync();
        await server.FillWithPgbenchAsync(10, Token);
        await using var backup = await StartBackupAsync(server.Connection);
        var tar = await FirstTarAsync(backup);
        await tar.ReadExactlyAsync(new byte[100_000], Token);
        await server.KillAsync();
        var error = await Assert.ThrowsAsync<TransientException>(() => tar.CopyToAsync(Stream.Null, Token));
        Assert.Equal(ErrorCodes.PostgresUnreachable, error.Code);
    }

    [Fact]
    public async Task Cancelled_it_leaves_no_process()
    {
        await using var server = await StartServerAsync();
        // The manifest waits for the archive, and the archive never answers: a read that hangs until it is cancelled.
        await BreakArchivingAsync(server);
        await using var backup = await StartBackupAsync(server.Connection);
        using var cancel = new CancellationTokenSource();
        var reading = ReadToEndAsync(await FirstTarAsync(backup), cancel.Token);
        await WaitForPhaseAsync(server, "waiting for wal archiving to finish");
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        await server.WaitUntilAsync(
            "pg_basebackup is gone", () => Task.FromResult(!IsRunning(backup.ProcessId)), TimeSpan.FromSeconds(60),
            Token);
    }

    [Fact]
    public async Task A_read_that_is_cancelled_before_it_begins_leaves_no_process_either()
    {
        await using var server = await StartServerAsync();
        await BreakArchivingAsync(server);
        await using var backup = await StartBackupAsync(server.Connection);
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await ReadToEndAsync(await FirstTarAsync(backup), cancelled));
        await server.WaitUntilAsync(
            "pg_basebackup is gone", () => Task.FromResult(!IsRunning(backup.ProcessId)), TimeSpan.FromSeconds(60),
            Token);
    }

    [Fact]
    public async Task Silence_past_the_deadline_says_that_archiving_is_awaited()
    {
        await using var server = await StartServerAsync();
        await BreakArchivingAsync(server);
        await using var backup = await StartBackupAsync(server.Connection, TimeSpan.FromSeconds(2));
        var error = await Assert.ThrowsAsync<TransientException>(() => backup.CompleteAsync(Token));
        Assert.Equal(ErrorCodes.BaseBackupFailed, error.Code);
        Assert.Contains("archive_command", error.WhatHappened, StringComparison.Ordinal);
        Assert.Contains("pg_stat_archiver", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_password_and_missing_right_are_named()
    {
        await using var server = await StartServerAsync();
        await server.CreateBackupUserAsync("reader", "x", Token, replication: false);
        var facts = await new ReadServerFacts(server.Connection).RunAsync(Token);
        var wrongPassword = await FailAsync(server.ConnectionFor("reader", "y"), facts);
        var missingRight = await FailAsync(server.ConnectionFor("reader", "x"), facts);
        Assert.Equal(ErrorCodes.PostgresLoginFailed, wrongPassword.Code);
        Assert.Equal(ErrorCodes.PostgresRightMissing, missingRight.Code);
    }

    [Fact]
    public async Task The_server_says_how_far_it_is()
    {
        await using var server = await StartServerAsync();
        await server.FillWithPgbenchAsync(10, Token);
        await using var backup = await StartBackupAsync(server.Connection);
        var tar = await FirstTarAsync(backup);
        await tar.ReadExactlyAsync(new byte[1_000_000], Token);
        var progress = await new ReadBackupProgress(server.Connection).RunAsync("highwater-test", Token);
        Assert.Equal("streaming database files", progress!.Phase);
        Assert.True(progress.StreamedBytes > 0);
        Assert.True(progress.TotalBytes > 100_000_000);
        await tar.CopyToAsync(Stream.Null, Token);
        Assert.Null(await new ReadBackupProgress(server.Connection).RunAsync("highwater-test", Token));
    }

    public void Dispose() => Assert.False(Directory.Exists(_staging), "The staging directory was left behind.");

    private static Task<PostgresServer> StartServerAsync() => PostgresServer.StartAsync(
        new PostgresServerOptions { Archiving = true, WalSegmentMegabytes = 1 }, Token);

    private static async Task BreakArchivingAsync(PostgresServer server)
    {
        await server.ExecuteAsync("ALTER SYSTEM SET archive_command = 'false'", Token);
        await server.ExecuteAsync("SELECT pg_reload_conf()", Token);
    }

    private static Task WaitForPhaseAsync(PostgresServer server, string phase) => server.WaitUntilAsync(
        $"the base backup is in the phase '{phase}'",
        async () => (await new ReadBackupProgress(server.Connection).RunAsync("highwater-test", Token))?.Phase == phase,
        TimeSpan.FromSeconds(30),
        Token);

    private static async Task<Stream> FirstTarAsync(BaseBackupProcess backup)
    {
        await using var tars = backup.ReadTarsAsync(Token).GetAsyncEnumerator(Token);
        Assert.True(await tars.MoveNextAsync());
        return tars.Current.Content;
    }

    // Only reads: a copy can notice the cancellation while it writes, and then nobody tells the process.
    private static async Task ReadToEndAsync(Stream content, CancellationToken cancellationToken)
    {
        var buffer = new byte[81920];
        while (await content.ReadAsync(buffer, cancellationToken) > 0)
        {
        }
    }

    private static async Task<List<string>> ReadNamesAsync(Stream content)
    {
        List<string> names = [];
        await using var tar = new TarReader(content, leaveOpen: true);
        while (await tar.GetNextEntryAsync(cancellationToken: Token) is { } entry)
            names.Add(entry.Name);
        return names;
    }

    private static bool IsRunning(int pid)
    {
        try
        {
            // A process that has ended but was not waited for yet is a zombie, which is gone as well.
            var status = File.ReadAllText($"/proc/{pid}/stat", Encoding.ASCII);
            return !status.Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // The file vanishes with the process, even between opening and reading it.
            return false;
        }
    }

    private async Task<HighwaterException> FailAsync(PostgresOptions options, ServerFacts facts)
    {
        await using var backup = await BaseBackupProcess.StartAsync(
            options, facts, new BaseBackupRequest("test", "highwater-test", _staging), TimeProvider.System,
            NullLogger.Instance);
        return await Assert.ThrowsAsync<HighwaterException>(() => backup.CompleteAsync(Token));
    }

    private async Task<BaseBackupProcess> StartBackupAsync(PostgresOptions options, TimeSpan? idleDeadline = null)
    {
        var facts = await new ReadServerFacts(options).RunAsync(Token);
        var request = new BaseBackupRequest("test", "highwater-test", _staging);
        if (idleDeadline is { } deadline)
            request = request with { IdleDeadline = deadline };
        return await BaseBackupProcess.StartAsync(options, facts, request, TimeProvider.System, NullLogger.Instance);
    }
}
