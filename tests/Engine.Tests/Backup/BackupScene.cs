using Highwater.Engine.Backup;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;
using Highwater.Engine.Storage.Local;
using Highwater.Engine.Tests.Repository;
using Highwater.TestKit.Postgres;
using Highwater.TestKit.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Highwater.Engine.Tests.Backup;

/// <summary>A real server with a few thousand rows, its local repository on storage that can fail, and a temporary
/// folder.</summary>
internal sealed class BackupScene : IAsyncDisposable
{
    private readonly TempDirectory _folder = new("backup");

    private BackupScene(PostgresServer server) => Server = server;

    public PostgresServer Server { get; }

    public ServerFacts Facts { get; private set; } = null!;

    public FaultyStorage LocalStorage { get; private set; } = null!;

    public BackupRepository Local { get; private set; } = null!;

    /// <summary>Temporary files of base backups; empty between them.</summary>
    public string WorkFolder => _folder.Combine("work");

    public TempDirectory Folder => _folder;

    /// <param name="scale">Of pgbench; 1 is about 15 MB.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="localPath">Where the local repository is to be, if not in a temporary folder.</param>
    public static async Task<BackupScene> StartAsync(
        int scale, CancellationToken cancellationToken, string? localPath = null)
    {
        var options = new PostgresServerOptions { Archiving = true, WalSegmentMegabytes = 1 };
        var scene = new BackupScene(await PostgresServer.StartAsync(options, cancellationToken));
        await scene.Server.FillWithPgbenchAsync(scale, cancellationToken);
        scene.Facts = await new CheckServer(scene.Server.Connection).RunAsync(cancellationToken);
        scene.LocalStorage = new FaultyStorage(new LocalStorage(localPath ?? scene._folder.Combine("local")));
        scene.Local = await scene.OpenAsync("local", scene.LocalStorage, cancellationToken);
        return scene;
    }

    public Task<BackupRepository> OpenAsync(string name, IStorage storage, CancellationToken cancellationToken) =>
        BackupRepository.OpenOrCreateAsync(
            name, storage, new ClusterIdentity(Facts.SystemIdentifier, Facts.MajorVersion, Facts.WalSegmentSize),
            TimeProvider.System, cancellationToken);

    /// <summary>A second repository in a folder of its own.</summary>
    public async Task<(FaultyStorage Storage, BackupRepository Repository)> OpenOtherAsync(
        string name, CancellationToken cancellationToken)
    {
        var storage = new FaultyStorage(new LocalStorage(_folder.Combine(name)));
        return (storage, await OpenAsync(name, storage, cancellationToken));
    }

    /// <summary>An id nobody has yet.</summary>
    public async Task<BackupId> NewIdAsync(CancellationToken cancellationToken) => BackupId.New(
        TimeProvider.System.GetUtcNow(), await new BackupCatalog(Local).ListIdsAsync(cancellationToken));

    public async Task<BackupRecord> TakeAsync(CancellationToken cancellationToken, params BackupRepository[] others) =>
        await TakeAsync(
            await NewIdAsync(cancellationToken), NullLogger<TakeBaseBackup>.Instance, cancellationToken, others);

    public Task<BackupRecord> TakeAsync(
        BackupId id, ILogger<TakeBaseBackup> logger, CancellationToken cancellationToken,
        params BackupRepository[] others) =>
        new TakeBaseBackup(Server.Connection, TimeProvider.System, logger).RunAsync(
            id, Local, [.. others.Select(Source)], WorkFolder, cancellationToken);

    public static RepositorySource Source(BackupRepository repository) =>
        new(repository.Name, repository.Storage.Address, _ => Task.FromResult(repository));

    /// <summary>Keys and lengths of all objects below a folder.</summary>
    public static async Task<SortedDictionary<string, long>> ListAsync(
        IStorage storage, string prefix, CancellationToken cancellationToken)
    {
        var entries = new SortedDictionary<string, long>(StringComparer.Ordinal);
        await foreach (var entry in storage.ListAsync(prefix, cancellationToken))
            entries.Add(entry.Key, entry.Length);
        return entries;
    }

    /// <summary>Reads every chunk of every file and checks each file against its hash in the list.</summary>
    public static async Task AssertWholeAsync(
        BackupRepository repository, BackupRecord backup, CancellationToken cancellationToken)
    {
        var files = 0;
        await foreach (var entry in FileListReader.ReadAsync(repository, backup, cancellationToken))
        {
            if (entry.Type != FileType.File)
                continue;
            files++;
            using var content = new MemoryStream();
            foreach (var run in entry.Runs!)
                await CopyAsync(repository, backup, run, entry.Size, content, cancellationToken);
            Assert.Equal(entry.Size, content.Length);
            Assert.Equal(entry.Sha256, Sha256Hash.Of(content.GetBuffer().AsSpan(0, (int)content.Length)));
        }

        Assert.Equal(backup.Sizes.Files, files);
        foreach (var pack in backup.Packs)
            Assert.Equal(
                pack.Sha256, await repository.Storage.HashAsync(RepositoryLayout.Pack(pack.Sha256), cancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Dispose();
    }

    private static async Task CopyAsync(
        BackupRepository repository, BackupRecord backup, ChunkRun run, long size, MemoryStream content,
        CancellationToken cancellationToken)
    {
        if (run.Pack is null)
        {
            content.Write(new byte[Math.Min((long)run.Count * backup.ChunkSize, size - content.Length)]);
            return;
        }

        foreach (var chunk in await PackChunks.ReadAsync(repository.Storage, run, 0, run.Count, cancellationToken))
            content.Write(chunk);
    }
}
