using System.Text;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;
using Highwater.Engine.Storage.Local;
using Highwater.Engine.WalArchiving;
using Highwater.TestKit.Storage;
using Highwater.TestKit.WalArchiving;
using Microsoft.Extensions.Logging.Abstractions;

namespace Highwater.Engine.Tests.WalArchiving;

/// <summary>A spool and two repositories of an imagined cluster, with segments of 1 MiB.</summary>
internal sealed class WalScene : IAsyncDisposable
{
    public static readonly WalSegmentSize Size = new(1 << 20);
    public static readonly SystemIdentifier Cluster = new(7_310_938_764_291_650_493);
    private readonly TempDirectory _folder = new("wal");

    public string SpoolPath => _folder.Combine("spool");

    public string LocalPath => _folder.Combine("local");

    public string RemotePath => _folder.Combine("remote");

    public FaultyStorage LocalStorage { get; private init; } = null!;

    public FaultyStorage RemoteStorage { get; private init; } = null!;

    public BackupRepository Local { get; private set; } = null!;

    public BackupRepository Remote { get; private set; } = null!;

    /// <summary>What the archiver has proven, for the replication of this scene.</summary>
    public StoredWalProofs Proofs { get; } = new();

    public WalArchive LocalArchive => new(Local);

    public WalArchive RemoteArchive => new(Remote);

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<WalScene> CreateAsync()
    {
        var scene = new WalScene();
        Directory.CreateDirectory(scene.SpoolPath);
        scene.Local = await OpenAsync("local", scene.LocalStorage);
        scene.Remote = await OpenAsync("remote", scene.RemoteStorage);
        return scene;
    }

    public WalScene()
    {
        LocalStorage = new FaultyStorage(new LocalStorage(LocalPath));
        RemoteStorage = new FaultyStorage(new LocalStorage(RemotePath));
    }

    public static WalSegmentName Segment(uint number, uint timeline = 1) =>
        WalSegmentName.FromNumber(timeline, number, Size);

    public static byte[] BytesOf(WalSegmentName segment, int seed = 1) =>
        TestSegments.Make(segment, Cluster, Size, seed);

    public string InSpool(string name) => Path.Combine(SpoolPath, name);

    public string InQuarantine(string name) => Path.Combine(SpoolPath, "quarantine", name);

    /// <summary>Puts segments into the spool as archive-wal does.</summary>
    public void Spool(params uint[] numbers)
    {
        foreach (var segment in numbers.Select(n => Segment(n)))
            File.WriteAllBytes(InSpool(segment.ToString()), BytesOf(segment));
    }

    public void SpoolText(string name, string text) => File.WriteAllBytes(InSpool(name), Encoding.UTF8.GetBytes(text));

    /// <summary>What is still in the spool, quarantine left aside.</summary>
    public string[] Spooled() =>
        [.. Directory.GetFiles(SpoolPath).Select(Path.GetFileName).Order(StringComparer.Ordinal)!];

    public ArchiveSpooledWal Archiver(int? inFlight = null) =>
        new(new WalOptions(SpoolPath, inFlight), NullLogger<ArchiveSpooledWal>.Instance, Proofs);

    public Task<SpooledWalArchived> ArchiveAsync(int? inFlight = null) => Archiver(inFlight).RunAsync(Local, Token);

    public Task<WalReplicated> ReplicateAsync() => ReplicateAsync(TimeProvider.System, null);

    public Task<WalReplicated> ReplicateAsync(TimeProvider clock, TimeSpan? budget) =>
        new ReplicateWal(clock, NullLogger<ReplicateWal>.Instance, Proofs).RunAsync(Local, Remote, budget, Token);

    public static ReplicateWal Replicator(TimeProvider? clock = null) =>
        new(clock ?? TimeProvider.System, NullLogger<ReplicateWal>.Instance);

    public static async Task<byte[]> ReadAsync(WalArchive archive, string name)
    {
        Assert.True(WalFileName.TryParse(name, out var file));
        await using var stream = await archive.OpenReadAsync(file, Token);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, Token);
        return bytes.ToArray();
    }

    public static async Task<string[]> NamesAsync(WalArchive archive) =>
        [.. (await archive.ListAsync(Token)).Select(f => f.Name.Name)];

    public async ValueTask DisposeAsync()
    {
        await LocalStorage.DisposeAsync();
        await RemoteStorage.DisposeAsync();
        _folder.Dispose();
    }

    private static Task<BackupRepository> OpenAsync(string name, IStorage storage) =>
        BackupRepository.OpenOrCreateAsync(
        name, storage, new ClusterIdentity(Cluster, 15, Size), TimeProvider.System, Token);
}
