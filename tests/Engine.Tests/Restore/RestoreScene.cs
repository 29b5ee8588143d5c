using System.Diagnostics;
using System.Globalization;
using Highwater.Engine.Backup;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Restore;
using Highwater.Engine.Storage.Local;
using Highwater.Engine.WalArchiving;
using Highwater.TestKit.Postgres;
using Highwater.TestKit.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Highwater.Engine.Tests.Restore;

/// <summary>
/// A cluster with a short history, backed up twice into a repository with all of its WAL: first base backup, rows a, b
/// and c,
/// second base backup, row d, and one transaction after it. Shared by tests that only read it.
/// </summary>
public sealed class RestoreScene : IAsyncLifetime
{
    private readonly TempDirectory _folder = new("restore");

    public PostgresServer Server { get; private set; } = null!;

    public BackupRepository Local { get; private set; } = null!;

    public BackupRecord First { get; private set; } = null!;

    public BackupRecord Second { get; private set; } = null!;

    /// <summary>After the commit of a, before that of b.</summary>
    public DateTimeOffset BetweenAAndB { get; private set; }

    /// <summary>The transaction of b.</summary>
    public uint XidOfB { get; private set; }

    /// <summary>After the commit of c.</summary>
    public Lsn AfterC { get; private set; }

    /// <summary>The whole database at the end, as SQL.</summary>
    public string Dump { get; private set; } = "";

    public string LocalPath => _folder.Combine("local");

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var token = CancellationToken.None;
        File.SetUnixFileMode(_folder.Path, File.GetUnixFileMode(_folder.Path) | UnixFileMode.OtherExecute);
        Server = await PostgresServer.StartAsync(
            new PostgresServerOptions { Archiving = true, WalSegmentMegabytes = 1, OwnSystemIdentifier = true }, token);
        await Server.ExecuteAsync(
            "CREATE TABLE filling AS SELECT g, repeat(md5(g::text), 8) FROM generate_series(1, 20000) g", token);
        await Server.ExecuteAsync("CREATE TABLE history (step text)", token);
        Local = await CreateRepositoryAsync(token);
        First = await TakeAsync(token);
        await AddAsync("a", token);
        BetweenAAndB = await Server.QueryAsync<DateTime>("SELECT clock_timestamp()", token);
        XidOfB = uint.Parse(await Server.PsqlAsync(
            "WITH x AS (INSERT INTO history VALUES ('b') RETURNING 1) SELECT pg_current_xact_id() FROM x", token),
            CultureInfo.InvariantCulture);
        await Server.ExecuteAsync("SELECT pg_create_restore_point('after b')", token);
        await AddAsync("c", token);
        AfterC = Lsn.Parse(await Server.QueryAsync<string>("SELECT pg_current_wal_insert_lsn()::text", token));
        Second = await TakeAsync(token);
        await AddAsync("d", token);
        Dump = await Server.PgDumpAsync(token);
        await Server.ExecuteAsync("VACUUM history", token);
        await ArchiveAsync(token);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Local.Storage.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>A path below the scene's folder that nobody else uses.</summary>
    public string NewPath(string name) => _folder.Combine($"{name}-{Path.GetRandomFileName()}");

    public static RepositorySource Source(BackupRepository repository) =>
        new(repository.Name, repository.Storage.Address, _ => Task.FromResult(repository));

    /// <summary>A second repository with the same bytes.</summary>
    public async Task<BackupRepository> CopyAsync(string name)
    {
        var path = NewPath(name);
        Shell.Run("cp", "-a", LocalPath, path);
        return await BackupRepository.OpenAsync(name, new LocalStorage(path), Token);
    }

    public static Task<RestorePlan> PlanAsync(RestoreRequest request, params BackupRepository[] repositories) =>
        new PlanRestore([.. repositories.Select(Source)], NullLogger<PlanRestore>.Instance).RunAsync(request, Token);

    public static Task<RestoreOutcome> RestoreAsync(
        RestorePlan plan, string directory, params BackupRepository[] repositories) =>
        new RestoreBaseBackup(
            [.. repositories.Select(Source)], TimeProvider.System, NullLogger<RestoreBaseBackup>.Instance)
            .RunAsync(plan, OptionsFor(directory, repositories[0]), null, Token);

    /// <summary>The recovery kit's own wal-get serves as restore_command.</summary>
    public static RestoreOptions OptionsFor(string directory, BackupRepository repository) => new(
        directory, $"sh '{repository.Storage.Address}/restore.sh' wal-get \"%f\" \"%p\"");

    /// <summary>The steps a restored server knows, in order.</summary>
    public async Task<string> StepsAsync(RecoveryTarget target)
    {
        var plan = await PlanAsync(new RestoreRequest(target), Local);
        var directory = NewPath("data");
        await RestoreAsync(plan, directory, Local);
        await using var restored = await StartAsync(directory);
        return await StepsOfAsync(restored);
    }

    public static Task<string> StepsOfAsync(PostgresServer server) =>
        server.QueryAsync<string>("SELECT string_agg(step, '' ORDER BY step) FROM history", Token);

    public async Task<PostgresServer> StartAsync(string directory)
    {
        // PostgreSQL's account reads the WAL in the repository.
        await PostgresAccount.TakeOverAsync(LocalPath, Token);
        return await PostgresServer.StartExistingAsync(directory, Server.Options, Token);
    }

    public static Task<ToolResult> RunScriptAsync(string repository, params string[] arguments) =>
        Tool.TryRunAsync(new ProcessStartInfo("sh", [Path.Combine(repository, "restore.sh"), .. arguments]), Token);

    private async Task AddAsync(string step, CancellationToken token) =>
        await Server.ExecuteAsync($"INSERT INTO history VALUES ('{step}')", token);

    private async Task<BackupRepository> CreateRepositoryAsync(CancellationToken token)
    {
        var facts = await new CheckServer(Options).RunAsync(token);
        return await BackupRepository.OpenOrCreateAsync(
            "local",
            new LocalStorage(LocalPath),
            new ClusterIdentity(facts.SystemIdentifier, facts.MajorVersion, facts.WalSegmentSize),
            TimeProvider.System,
            token);
    }

    private PostgresOptions Options =>
        new("127.0.0.1", Server.Port, "postgres", PostgresServer.Superuser, PostgresServer.SuperuserPassword);

    private async Task<BackupRecord> TakeAsync(CancellationToken token)
    {
        var taken = await new BackupCatalog(Local).ListIdsAsync(token);
        return await new TakeBaseBackup(Options, TimeProvider.System, NullLogger<TakeBaseBackup>.Instance)
            .RunAsync(BackupId.New(TimeProvider.System.GetUtcNow(), taken), Local, [], _folder.Combine("tmp"), token);
    }

    private async Task ArchiveAsync(CancellationToken token)
    {
        var end = Lsn.Parse(await Server.QueryAsync<string>("SELECT pg_current_wal_insert_lsn()::text", token));
        await new SwitchWal(Options).RunAsync(token);
        var size = Local.Description.WalSegmentSize;
        var last = WalFileName.Of(WalSegmentName.Before(1, end, size));
        var archiver = new ArchiveSpooledWal(new WalOptions(Server.SpoolPath), NullLogger<ArchiveSpooledWal>.Instance);
        await Server.WaitUntilAsync(
            $"{last} is archived",
            async () =>
            {
                await archiver.RunAsync(Local, token);
                return await new WalArchive(Local).StatAsync(last, token) is not null;
            },
            TimeSpan.FromMinutes(1),
            token);
    }
}
