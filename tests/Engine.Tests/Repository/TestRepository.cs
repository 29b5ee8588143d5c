using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;
using Highwater.Engine.Storage.Local;
using Highwater.TestKit.Storage;

namespace Highwater.Engine.Tests.Repository;

/// <summary>A repository of an invented cluster in a temporary folder, whose storage can be made to fail.</summary>
public sealed class TestRepository : IAsyncDisposable
{
    private readonly TempDirectory _folder;

    private TestRepository(TempDirectory folder, FaultyStorage storage, BackupRepository repository)
    {
        (_folder, Storage, Repository) = (folder, storage, repository);
    }

    public FaultyStorage Storage { get; }

    public BackupRepository Repository { get; }

    /// <summary>For scratch files; the repository itself stands in <c>repository</c> below it.</summary>
    public TempDirectory Folder => _folder;

    public static async Task<TestRepository> CreateAsync(CancellationToken cancellationToken, string name = "local")
    {
        var folder = new TempDirectory("repository");
        var storage = new FaultyStorage(new LocalStorage(folder.Combine("repository")));
        var cluster = new ClusterIdentity(new SystemIdentifier(7310938764291650493), 15, new WalSegmentSize(16 << 20));
        var repository = await BackupRepository.OpenOrCreateAsync(
            name, storage, cluster, TimeProvider.System, cancellationToken);
        return new TestRepository(folder, storage, repository);
    }

    /// <summary>Where an object stands on disk.</summary>
    public string PathOf(string key) => Path.Combine(_folder.Combine("repository"), key);

    /// <summary>Changes the bytes of an object behind the repository's back, as a failing disk does.</summary>
    public void Damage(string key, Func<byte[], byte[]> change)
    {
        var path = PathOf(key);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllBytes(path, change(File.ReadAllBytes(path)));
    }

    /// <summary>Keys of all packs, sorted.</summary>
    public async Task<IReadOnlyList<string>> PackKeysAsync(CancellationToken cancellationToken)
    {
        var keys = new List<string>();
        await foreach (var entry in Storage.ListAsync(RepositoryLayout.Packs, cancellationToken))
            keys.Add(entry.Key);
        keys.Sort(StringComparer.Ordinal);
        return keys;
    }

    public async ValueTask DisposeAsync()
    {
        await Storage.DisposeAsync();
        _folder.Dispose();
    }
}
