using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage.Local;
using Highwater.Engine.WalArchiving;
using Highwater.Engine.WalArchiving.Streaming;
using Highwater.TestKit.Postgres;
using Highwater.TestKit.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Highwater.Engine.Tests.WalArchiving.Streaming;

/// <summary>A real server with segments of 1 MiB, and two repositories of its cluster that WAL is streamed
/// into.</summary>
internal sealed class StreamScene : IAsyncDisposable
{
    private readonly TempDirectory _folder = new("stream");

    private StreamScene(PostgresServer server) => Server = server;

    public static WalSegmentSize Size { get; } = new(1 << 20);

    public PostgresServer Server { get; }

    public FaultyStorage LocalStorage { get; private set; } = null!;

    public FaultyStorage RemoteStorage { get; private set; } = null!;

    public BackupRepository Local { get; private set; } = null!;

    public BackupRepository Remote { get; private set; } = null!;

    public WalArchive LocalArchive => new(Local);

    public WalArchive RemoteArchive => new(Remote);

    public string LocalPath => _folder.Combine("local");

    public string RemotePath => _folder.Combine("remote");

    public string SpoolPath => _folder.Combine("spool");

    public WalStreamOptions Options { get; set; } = null!;

    public ILogger<StreamWal> Logger { get; set; } = NullLogger<StreamWal>.Instance;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <param name="settings">More settings of the server.</param>
    public static async Task<StreamScene> StartAsync(params (string Name, string Value)[] settings) =>
        await StartAsync(archiving: false, settings);

    public static async Task<StreamScene> StartAsync(bool archiving, params (string Name, string Value)[] settings)
    {
        Dictionary<string, string> all = new(StringComparer.Ordinal)
        {
            // Finished segments stay in pg_wal, to be compared with.
            ["wal_keep_size"] = "'512MB'",
            ["wal_sender_timeout"] = "'20s'",
        };
        foreach (var (name, value) in settings)
            all[name] = value;
        var server = await PostgresServer.StartAsync(
            new PostgresServerOptions { Archiving = archiving, WalSegmentMegabytes = 1, Settings = all }, Token);
        var scene = new StreamScene(server);
        await scene.OpenAsync();
        return scene;
    }

    /// <summary>The same repositories, another server of the cluster.</summary>
    public StreamWal Streamer(PostgresServer? server = null, TimeProvider? clock = null) => new(
        (server ?? Server).Connection,
        new WalOptions(SpoolPath, Source: WalSource.Stream),
        Options,
        new ReplicateWal(TimeProvider.System, NullLogger<ReplicateWal>.Instance),
        clock ?? TimeProvider.System,
        Logger);

    public RepositorySource RemoteSource => new("remote", RemotePath, _ => Task.FromResult(Remote));

    /// <summary>Brings everything the server has flushed now.</summary>
    public Task<WalStreamed> TickAsync() =>
        Streamer().RunAsync(Local, [RemoteSource], StreamLimit.ServerPosition, Token);

    /// <summary>Writes so many segments and into one more.</summary>
    public async Task WriteSegmentsAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await WriteAsync(400_000);
            await Server.ExecuteAsync("SELECT pg_switch_wal()", Token);
        }

        await WriteAsync(10_000);
    }

    /// <summary>Some WAL that does not compress to nothing, and a commit after it.</summary>
    public async Task WriteAsync(int bytes)
    {
        await Server.ExecuteAsync(
            "SELECT pg_logical_emit_message(false, 'test', string_agg(md5(n::text), '')) "
            + $"FROM generate_series(1, {bytes / 32}) n",
            Token);
        await Server.ExecuteAsync("CREATE TABLE IF NOT EXISTS marks (id int); INSERT INTO marks VALUES (1)", Token);
    }

    public async Task<Lsn> FlushedAsync() => Lsn.Parse(
        await Server.QueryAsync<string>("SELECT pg_current_wal_flush_lsn()::text", Token));

    public async Task<ReplicationSlot?> SlotAsync() =>
        await new ReadReplicationSlot(Server.Connection).RunAsync(Options.Slot, Token);

    /// <summary>That every whole segment in a repository is the server's, byte for byte, and all are there from the
    /// first to the last.</summary>
    public async Task<IReadOnlyList<WalSegmentName>> AssertSameAsServerAsync(
        WalArchive archive, PostgresServer? server = null)
    {
        var segments = (await archive.ListAsync(Token)).Where(f => f.Name.Kind == WalFileKind.Segment)
            .Select(f => f.Name.Segment).Order().ToList();
        foreach (var segment in segments)
        {
            await using var plain = await archive.OpenReadAsync(WalFileName.Of(segment), Token);
            Assert.Equal(await InPgWalAsync(segment, server), await ReadAsync(plain));
        }

        return segments;
    }

    /// <summary>That the pieces of a segment are what the server has of it so far.</summary>
    public async Task<WalPieceChain> AssertPiecesAsync(BackupRepository repository, uint timeline, Lsn position)
    {
        var segment = WalSegmentName.Containing(timeline, position, Size);
        var pieces = new WalPieces(repository);
        var chain = await pieces.ReadChainAsync(segment, Token);
        using var bytes = new MemoryStream();
        await pieces.CopyToAsync(chain, bytes, Token);
        Assert.Equal(chain.Length, bytes.Length);
        Assert.True(
            (await InPgWalAsync(segment)).AsSpan(0, (int)chain.Length).SequenceEqual(bytes.ToArray()),
            "The pieces are not what the server has.");
        return chain;
    }

    public async Task<byte[]> InPgWalAsync(WalSegmentName segment, PostgresServer? server = null) =>
        await File.ReadAllBytesAsync(
            Path.Combine((server ?? Server).DataDirectory, "pg_wal", segment.ToString()), Token);

    public static async Task<byte[]> ReadAsync(Stream stream)
    {
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, Token);
        return bytes.ToArray();
    }

    /// <summary>Waits until somebody streams. A slot has an owner earlier: for a moment, who makes it.</summary>
    public Task UntilStreamingAsync() => UntilAsync(Server, "somebody streams", () => Server.QueryAsync<bool>(
        "SELECT EXISTS (SELECT FROM pg_stat_replication WHERE state IN ('catchup', 'streaming'))", Token));

    public static Task UntilAsync(PostgresServer server, string what, Func<Task<bool>> isSo) =>
        server.WaitUntilAsync(what, isSo, TimeSpan.FromSeconds(60), Token);

    public async ValueTask DisposeAsync()
    {
        await LocalStorage.DisposeAsync();
        await RemoteStorage.DisposeAsync();
        await Server.DisposeAsync();
        _folder.Dispose();
    }

    private async Task OpenAsync()
    {
        Options = WalStreamOptions.Default with
        {
            WorkFolder = _folder.Combine("work"),
            PieceInterval = TimeSpan.FromMilliseconds(100),
            CopyInterval = TimeSpan.FromMilliseconds(100),
        };
        LocalStorage = new FaultyStorage(new LocalStorage(LocalPath));
        RemoteStorage = new FaultyStorage(new LocalStorage(RemotePath));
        var identifier = await Server.QueryAsync<string>(
            "SELECT system_identifier::text FROM pg_control_system()", Token);
        var cluster = new ClusterIdentity(SystemIdentifier.Parse(identifier), 15, Size);
        Local = await BackupRepository.OpenOrCreateAsync("local", LocalStorage, cluster, TimeProvider.System, Token);
        Remote = await BackupRepository.OpenOrCreateAsync("remote", RemoteStorage, cluster, TimeProvider.System, Token);
    }
}
