using CsCheck;
using Highwater.Engine.Backup;
using Highwater.Engine.Errors;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;
using Highwater.Engine.Tests.Repository;
using Highwater.TestKit.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Highwater.Engine.Tests.Backup;

public sealed class ChunkPipelineTests
{
    private const int ChunkSize = RepositoryDescription.DefaultChunkSize;

    /// <summary>A file as pieces: zeros, bytes of their own, or bytes that other files have too.</summary>
    private static readonly Gen<byte[]> Content =
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 5], Gen.Int[1, 3], Gen.Int[0, 2]).Select(
        (kind, seed, chunks, odd) =>
        {
            var length = (chunks * ChunkSize) - (odd == 0 ? 0 : odd == 1 ? 1 : 70_000);
            return kind == 0 ? new byte[length] : TestBytes.Of(length, kind == 1 ? seed : seed * 1000);
        }).Array[0, 4].Select(pieces => pieces.SelectMany(piece => piece).ToArray());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Files_with_zeros_and_repeated_parts_are_put_together_again()
    {
        await Content.Array[1, 6].SampleAsync(
            async files =>
            {
                await using var repository = await TestRepository.CreateAsync(Token);
                var stored = await StoreAsync(repository, files);
                Assert.Equal(files.Length, stored.Entries.Count);
                foreach (var entry in stored.Entries)
                {
                    var plain = files[int.Parse(entry.Path, System.Globalization.CultureInfo.InvariantCulture)];
                    Assert.Equal(Sha256Hash.Of(plain), entry.Sha256);
                    Assert.Equal(plain, await ReadFileAsync(repository, entry));
                }

                AssertNothingTwice(files, stored);
            },
            iter: 40,
            threads: 2);
    }

    [Fact]
    public async Task What_is_stored_already_is_named_and_not_stored_again()
    {
        await using var repository = await TestRepository.CreateAsync(Token);
        byte[][] files = [TestBytes.Of(5 * ChunkSize, 1), TestBytes.Of(100, 2)];
        var first = await StoreAsync(repository, files);
        var packs = await repository.PackKeysAsync(Token);
        Assert.Single(first.Packs);

        // No commit names the pack: it is what a killed attempt leaves behind.
        var again = await StoreAsync(repository, files);
        Assert.Equal(packs, await repository.PackKeysAsync(Token));
        Assert.Equal(0, again.NewChunkBytes);
        Assert.Equal(first.Packs, again.Packs);

        files[0][3 * ChunkSize] ^= 1;
        var changed = await StoreAsync(repository, files);
        Assert.Equal(ChunkSize, changed.NewChunkBytes);
        Assert.Equal(files[0], await ReadFileAsync(repository, changed.Entries.Single(e => e.Path == "0")));
    }

    [Theory]
    [InlineData("cut short")]
    [InlineData("one bit flipped")]
    [InlineData("emptied")]
    public async Task A_damaged_pack_of_a_killed_attempt_is_not_built_upon(string how)
    {
        await using var repository = await TestRepository.CreateAsync(Token);
        var file = TestBytes.Of(3 * ChunkSize, 1);
        var first = await StoreAsync(repository, [file]);
        repository.Damage(RepositoryLayout.Pack(first.Packs[0].Sha256), bytes =>
        {
            bytes[ChunkSize / 2] ^= 16;
            return how == "cut short" ? bytes[..(2 * ChunkSize)] : how == "emptied" ? [] : bytes;
        });

        // One more file in front, so that the new pack has another name than the damaged one.
        var again = await StoreAsync(repository, [TestBytes.Of(10, 9), file]);
        Assert.DoesNotContain(first.Packs[0].Sha256, again.Packs.Select(p => p.Sha256));
        Assert.Equal(file, await ReadFileAsync(repository, again.Entries.Single(e => e.Path == "1")));
    }

    [Fact]
    public async Task Every_pack_is_told_of_only_when_it_is_in_the_repository()
    {
        await using var repository = await TestRepository.CreateAsync(Token);
        var told = new List<string>();
        var files = Enumerable.Range(0, 3).Select(seed => TestBytes.Of(20 << 20, seed)).ToArray();
        var stored = await StoreAsync(repository, files, pack =>
        {
            var key = RepositoryLayout.Pack(pack.Sha256);
            Assert.Equal(pack.Length, new FileInfo(repository.PathOf(key)).Length);
            lock (told)
                told.Add(key);
        });
        Assert.Equal(2, stored.Packs.Count);
        Assert.Equal(await repository.PackKeysAsync(Token), told.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_full_disk_ends_the_work_with_its_own_error_however_much_is_still_to_come()
    {
        await using var repository = await TestRepository.CreateAsync(Token);
        repository.Storage.Fault = (method, key) =>
            method == nameof(IStorage.PutAsync) && key.StartsWith(RepositoryLayout.Packs, StringComparison.Ordinal)
                ? new TransientException(ErrorCodes.StorageFull, "No space left.", "make room") : null;
        var files = Enumerable.Range(0, 12).Select(seed => TestBytes.Of(20 << 20, seed)).ToArray();
        var error = await Assert.ThrowsAsync<TransientException>(() => StoreAsync(repository, files));
        Assert.Equal(ErrorCodes.StorageFull, error.Code);
        Assert.Empty(await repository.PackKeysAsync(Token));
    }

    private static void AssertNothingTwice(byte[][] files, Stored stored)
    {
        var distinct = files.SelectMany(file => file.Chunk(ChunkSize)).Where(chunk => chunk.Any(b => b != 0))
            .DistinctBy(chunk => Sha256Hash.Of(chunk)).Sum(chunk => (long)chunk.Length);
        Assert.Equal(distinct, stored.NewChunkBytes);
        Assert.Equal(files.Sum(file => (long)file.Length), stored.DatabaseBytes);
        Assert.Equal(
            stored.Packs.Select(p => p.Sha256).ToHashSet(),
            stored.Entries.SelectMany(e => e.Runs!).Where(r => r.Pack is not null).Select(r => r.Pack!.Value)
                .ToHashSet());
    }

    private static async Task<Stored> StoreAsync(
        TestRepository repository, byte[][] files, Action<ObjectReference>? onDurable = null)
    {
        var known = new KnownChunks(repository.Repository, NullLogger.Instance);
        await known.LoadAsync(Token);
        await using var list = new FileListWriter(repository.Folder.Path);
        await using var sink = new PackSink(repository.Storage, known.Packs, onDurable ?? (_ => { }));
        await using var pipeline = new ChunkPipeline(known, sink, list, ChunkSize, Token);
        for (var i = 0; i < files.Length; i++)
        {
            var entry = new FileListEntry(
                $"{i}", FileType.File, "0600", DateTimeOffset.UnixEpoch, files[i].Length, null, null, null);
            await pipeline.AddFileAsync(entry, new MemoryStream(files[i]), Token);
        }

        await pipeline.CompleteAsync();
        var content = await list.FinishAsync(Token);
        var id = BackupId.New(TimeProvider.System.GetUtcNow(), []);
        var record = TestRecord.Of(id, new ObjectReference(content.Hash, content.Length), []);
        var key = RepositoryLayout.FileList(id);
        await repository.Storage.DeleteAsync(key, Token);
        await repository.Storage.PutAsync(key, content, Token);
        var entries = new List<FileListEntry>();
        await foreach (var entry in FileListReader.ReadAsync(repository.Repository, record, Token))
            entries.Add(entry);
        return new Stored(entries, known.Packs.Referenced, pipeline.DatabaseBytes, pipeline.NewChunkBytes);
    }

    private static async Task<byte[]> ReadFileAsync(TestRepository repository, FileListEntry entry)
    {
        using var content = new MemoryStream();
        foreach (var run in entry.Runs!)
        {
            if (run.Pack is null)
                content.Write(new byte[Math.Min((long)run.Count * ChunkSize, entry.Size - content.Length)]);
            else
                foreach (var chunk in await PackChunks.ReadAsync(repository.Storage, run, 0, run.Count, Token))
                    content.Write(chunk);
        }

        return content.ToArray();
    }

    private sealed record Stored(
        IReadOnlyList<FileListEntry> Entries, IReadOnlyList<ObjectReference> Packs, long DatabaseBytes,
        long NewChunkBytes);
}
