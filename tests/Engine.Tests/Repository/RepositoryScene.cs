using System.Text;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;
using Highwater.Engine.Storage.Local;
using Highwater.TestKit.Storage;
using Highwater.TestKit.WalArchiving;
using Microsoft.Extensions.Time.Testing;
using ZstdSharp;

namespace Highwater.Engine.Tests.Repository;

/// <summary>
/// A repository with base backups and WAL made for tests: true packs, lists, commits and segments of a cluster that
/// never ran.
/// </summary>
internal sealed class RepositoryScene : IDisposable
{
    public static readonly SystemIdentifier Cluster = new(7_300_000_000_000_000_001);

    public static readonly WalSegmentSize SegmentSize = new(1 << 20);

    private readonly TempDirectory _folder = new("repository");

    private RepositoryScene()
    {
        Local = new LocalStorage(Root);
        Storage = new FaultyStorage(Local);
    }

    /// <summary>Two days on, so that all the scene's objects are past every grace period.</summary>
    public FakeTimeProvider Clock { get; } = new(TimeProvider.System.GetUtcNow().AddDays(2));

    public LocalStorage Local { get; }

    public FaultyStorage Storage { get; }

    public BackupRepository Repository { get; private set; } = null!;

    public string Root => _folder.Combine("repository");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<RepositoryScene> CreateAsync(string name = "local")
    {
        var scene = new RepositoryScene();
        scene.Repository = await BackupRepository.OpenOrCreateAsync(
            name, scene.Storage, new ClusterIdentity(Cluster, 15, SegmentSize), scene.Clock, Token);
        return scene;
    }

    /// <summary>The start of a base backup on a day; all of them are long past.</summary>
    public static BackupId Day(int day) =>
        BackupId.New(new DateTimeOffset(2026, 1, 1, 2, 0, 0, TimeSpan.Zero).AddDays(day), []);

    public static WalSegmentName Segment(ulong number, uint timeline = 1) =>
        WalSegmentName.FromNumber(timeline, number, SegmentSize);

    public static string WalKey(ulong number, uint timeline = 1) =>
        RepositoryLayout.WalFile(WalFileName.Of(Segment(number, timeline)));

    /// <summary>Commits a base backup whose packs are named by seeds: the same seed is the same pack.</summary>
    /// <param name="day">Its start.</param>
    /// <param name="segment">The first of the two segments it needs, which are not added.</param>
    /// <param name="packSeeds">Its packs.</param>
    public async Task<BackupRecord> AddBackupAsync(int day, ulong segment, params int[] packSeeds)
    {
        var id = Day(day);
        var packs = new List<ObjectReference>();
        await using var list = new FileListWriter(_folder.Path);
        foreach (var seed in packSeeds)
            packs.Add(await AddPackAsync(seed, list));
        list.Add(new FileListEntry("zeros", FileType.File, "0600", id.StartedAt, 300_000, Sha256Hash.Of([]),
            [ChunkRun.OfZeros(3)], null));
        var content = await list.FinishAsync(Token);
        await Storage.PutAsync(RepositoryLayout.FileList(id), content, Token);
        using var zstd = new Compressor();
        var json = $$"""{ "PostgreSQL-Backup-Manifest-Version": 1, "Day": {{day}} }""";
        var manifest = ObjectContent.FromBytes(zstd.Wrap(Encoding.UTF8.GetBytes(json)).ToArray());
        await Storage.PutAsync(RepositoryLayout.Manifest(id), manifest, Token);
        var first = Segment(segment);
        var last = Segment(segment + 1);
        var record = new BackupRecord(
            1, id, Cluster, 150_000, 1, first.Start(SegmentSize), last.End(SegmentSize), first, last,
            id.StartedAt, id.StartedAt.AddMinutes(5), Repository.Description.ChunkSize,
            new ObjectReference(content.Hash, content.Length), new ObjectReference(manifest.Hash, manifest.Length),
            new BackupSizes(list.Files, 0, 0, 0, 0), packs, []);
        await new BackupCatalog(Repository).CommitAsync(record, Token);
        return record;
    }

    public async Task AddWalAsync(ulong first, ulong last, uint timeline = 1)
    {
        for (var number = first; number <= last; number++)
        {
            using var plain = new MemoryStream(
                TestSegments.Make(Segment(number, timeline), Cluster, SegmentSize));
            await new WalArchive(Repository).PutAsync(WalFileName.Of(Segment(number, timeline)), plain, Token);
        }
    }

    public async Task AddHistoryAsync(uint timeline, string text)
    {
        using var plain = new MemoryStream(Encoding.UTF8.GetBytes(text));
        await new WalArchive(Repository).PutAsync(WalFileName.HistoryOf(timeline), plain, Token);
    }

    /// <summary>Another repository with the very same objects.</summary>
    public async Task<RepositoryScene> CopyAsync(string name)
    {
        var copy = await CreateAsync(name);
        await foreach (var entry in Local.ListAsync("", Token))
        {
            if (entry.Key == RepositoryLayout.Description)
                continue;
            var hash = await Local.HashAsync(entry.Key, Token);
            await copy.Local.PutAsync(entry.Key, Local.AsContent(entry.Key, entry.Length, hash), Token);
        }

        return copy;
    }

    /// <summary>Every key there is, temporary files too.</summary>
    public async Task<IReadOnlyList<string>> KeysAsync() =>
    [
        .. (await Local.ListAsync("", Token).ToListAsync(Token))
            .Concat(await Local.ListAsync(RepositoryLayout.Temporary, Token).ToListAsync(Token))
            .Select(entry => entry.Key).Order(StringComparer.Ordinal),
    ];

    public void FlipBit(string key)
    {
        var bytes = File.ReadAllBytes(PathOf(key));
        bytes[bytes.Length / 2] ^= 0x10;
        File.WriteAllBytes(PathOf(key), bytes);
    }

    public void Truncate(string key, int keptBytes) =>
        File.WriteAllBytes(PathOf(key), File.ReadAllBytes(PathOf(key))[..keptBytes]);

    public void Remove(string key) => File.Delete(PathOf(key));

    public string PathOf(string key) => Path.Combine(Root, key);

    public void Dispose() => _folder.Dispose();

    private async Task<ObjectReference> AddPackAsync(int seed, FileListWriter list)
    {
        using var pack = new PackWriter();
        using var zstd = new Compressor();
        var entries = new List<Func<Sha256Hash, FileListEntry>>();
        for (var i = 0; i < 3; i++)
        {
            var plain = TestBytes.Of(2_000, (seed * 10) + i);
            var chunk = Sha256Hash.Of(plain);
            var compressed = zstd.Wrap(plain).ToArray();
            var offset = pack.Add(chunk, compressed);
            var path = $"base/{seed}/{i}";
            entries.Add(hash => new FileListEntry(
                path, FileType.File, "0600", DateTimeOffset.UnixEpoch, plain.Length, chunk,
                [new ChunkRun(hash, offset, [compressed.Length], [chunk], null)], null));
        }

        var content = pack.Finish();
        await Storage.PutAsync(RepositoryLayout.Pack(content.Hash), content, Token);
        foreach (var entry in entries)
            list.Add(entry(content.Hash));
        return new ObjectReference(content.Hash, content.Length);
    }
}
