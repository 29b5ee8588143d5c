using CsCheck;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;
using Highwater.TestKit.Storage;

namespace Highwater.Engine.Tests.Repository;

public sealed class FileListTests
{
    private static readonly Gen<Sha256Hash> Hash =
        Gen.Byte.Array[Sha256Hash.Size].Select(bytes => new Sha256Hash(bytes));

    private static readonly Gen<ChunkRun> Run = Gen.OneOf(
        Gen.Int[1, 8192].Select(ChunkRun.OfZeros),
        Gen.Select(Hash, Gen.Int[0, 100_000], Gen.Select(Gen.Int[1, 131_072], Hash).Array[1, 5]).Select(
            (pack, block, chunks) => new ChunkRun(
                pack, block * 512L, [.. chunks.Select(c => c.Item1)], [.. chunks.Select(c => c.Item2)], null)));

    private static readonly Gen<FileListEntry> Entry = Gen.Select(
        Gen.String[1, 40], Gen.Int[0, 2], Gen.Long[0, 1L << 50],
        Gen.DateTime[DateTime.UnixEpoch, new DateTime(2100, 1, 1)], Hash, Run.Array[0, 4])
        .Select((path, kind, size, time, hash, runs) => new FileListEntry(
            path,
            (FileType)kind,
            "0640",
            new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Utc)),
            size,
            kind == (int)FileType.File ? hash : null,
            kind == (int)FileType.File ? runs : null,
            kind == (int)FileType.Symlink ? path : null));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whatever_is_written_is_read_back_in_order()
    {
        await using var repository = await TestRepository.CreateAsync(Token);
        var number = 0;
        await Entry.Array[0, 30].SampleAsync(
            async entries =>
            {
                var backup = await StoreAsync(repository, entries, Interlocked.Increment(ref number));
                var read = await ReadAsync(repository, backup);
                Assert.Equal(entries.Select(Text), read.Select(Text));
            },
            iter: 100,
            threads: 2);
    }

    [Fact]
    public async Task A_flipped_bit_or_a_missing_end_is_called_damage()
    {
        await using var repository = await TestRepository.CreateAsync(Token);
        var entries = Enumerable.Range(0, 50).Select(i => new FileListEntry(
            $"base/5/{i}", FileType.File, "0600", DateTimeOffset.UnixEpoch, i, Sha256Hash.Of([(byte)i]), [], null))
                .ToArray();
        var backup = await StoreAsync(repository, entries, 1);
        var key = RepositoryLayout.FileList(backup.Id);
        var whole = await File.ReadAllBytesAsync(repository.PathOf(key), Token);

        await Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Int[0, 7], Gen.Bool).SampleAsync(
            async (at, bit, cut) =>
            {
                repository.Damage(key, _ =>
                {
                    var bytes = cut ? whole[..at] : whole.ToArray();
                    if (!cut)
                        bytes[at] ^= (byte)(1 << bit);
                    return bytes;
                });
                var error = await Assert.ThrowsAsync<HighwaterException>(() => ReadAsync(repository, backup));
                Assert.Equal(ErrorCodes.RepositoryDamaged, error.Code);
                Assert.Contains(key, error.Message, StringComparison.Ordinal);
            },
            iter: 200,
            threads: 1);
    }

    private static string Text(FileListEntry entry) =>
        System.Text.Json.JsonSerializer.Serialize(entry);

    private static async Task<BackupRecord> StoreAsync(TestRepository repository, FileListEntry[] entries, int number)
    {
        await using var list = new FileListWriter(repository.Folder.Path);
        foreach (var entry in entries)
            list.Add(entry);
        var content = await list.FinishAsync(Token);
        var id = BackupId.New(DateTimeOffset.UnixEpoch.AddDays(number), []);
        await repository.Storage.PutAsync(RepositoryLayout.FileList(id), content, Token);
        Assert.Equal(entries.Count(e => e.Type == FileType.File), list.Files);
        return TestRecord.Of(id, new ObjectReference(content.Hash, content.Length), []);
    }

    private static async Task<List<FileListEntry>> ReadAsync(TestRepository repository, BackupRecord backup)
    {
        var entries = new List<FileListEntry>();
        await foreach (var entry in FileListReader.ReadAsync(repository.Repository, backup, Token))
            entries.Add(entry);
        return entries;
    }
}
