using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;
using Highwater.Engine.Storage.Local;
using Highwater.Engine.WalArchiving;
using Highwater.TestKit.Postgres;
using Highwater.TestKit.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Highwater.Engine.Tests.WalArchiving;

/// <summary>A real server that archives through archive-wal into its spool, and the repositories of its
/// cluster.</summary>
internal sealed class ServerScene : IAsyncDisposable
{
    private readonly TempDirectory _folder = new("server-wal");

    private ServerScene(PostgresServer server) => Server = server;

    public PostgresServer Server { get; }

    public string LocalPath => _folder.Combine("local");

    public IStorage LocalStorage { get; private set; } = null!;

    public BackupRepository Local { get; private set; } = null!;

    public WalArchive LocalArchive => new(Local);

    public WalSegmentSize Size { get; } = new(1 << 20);

    public PostgresOptions Login => Server.Connection;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <param name="settings">More settings of the server.</param>
    public static async Task<ServerScene> StartAsync(params (string Name, string Value)[] settings)
    {
        // Finished segments stay in pg_wal, to be compared with.
        Dictionary<string, string> all = new(StringComparer.Ordinal) { ["wal_keep_size"] = "'512MB'" };
        foreach (var (name, value) in settings)
            all[name] = value;
        var server = await PostgresServer.StartAsync(
            new PostgresServerOptions { Archiving = true, WalSegmentMegabytes = 1, Settings = all }, Token);
        var scene = new ServerScene(server);
        scene.LocalStorage = new LocalStorage(scene.LocalPath);
        scene.Local = await scene.OpenAsync("local", scene.LocalStorage);
        return scene;
    }

    public async Task<BackupRepository> OpenAsync(string name, IStorage storage)
    {
        var identifier = await Server.QueryAsync<string>(
            "SELECT system_identifier::text FROM pg_control_system()", Token);
        return await BackupRepository.OpenOrCreateAsync(
            name,
            storage,
            new ClusterIdentity(SystemIdentifier.Parse(identifier), 15, Size),
            TimeProvider.System,
            Token);
    }

    /// <summary>The segment the server writes now, with something in it.</summary>
    public async Task<WalSegmentName> CurrentSegmentAsync() => WalSegmentName.Parse(await Server.QueryAsync<string>(
        "SELECT pg_walfile_name(pg_logical_emit_message(false, 'test', 'here'))", Token));

    /// <summary>Writes some segments and waits until they are in the spool.</summary>
    public async Task WriteSegmentsAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await Server.ExecuteAsync(
                "SELECT pg_logical_emit_message(false, 'test', string_agg(md5(n::text), '')) "
                + "FROM generate_series(1, 10000) n",
                Token);
            await Server.ArchiveCurrentWalAsync(Token);
        }
    }

    public string[] Spooled() => [.. Directory.GetFiles(Server.SpoolPath).Select(f => Path.GetFileName(f)!)];

    public ArchiveSpooledWal Archiver() =>
        new(new WalOptions(Server.SpoolPath), NullLogger<ArchiveSpooledWal>.Instance);

    public Task<SpooledWalArchived> ArchiveAsync() => Archiver().RunAsync(Local, Token);

    public static ReplicateWal Replicator() => new(TimeProvider.System, NullLogger<ReplicateWal>.Instance);

    public AwaitWal Awaiter(PostgresOptions? login = null) => new(
        login ?? Login, new WalOptions(Server.SpoolPath), new TakeWal(new WalOptions(Server.SpoolPath), Archiver()),
        Replicator(), TimeProvider.System,
        NullLogger<AwaitWal>.Instance);

    public async ValueTask DisposeAsync()
    {
        await LocalStorage.DisposeAsync();
        await Server.DisposeAsync();
        _folder.Dispose();
    }
}
