using System.Diagnostics;
using CsCheck;
using Highwater.Engine.Errors;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;
using Highwater.TestKit.Postgres;
using Highwater.TestKit.Storage;
using ZstdSharp;

namespace Highwater.Engine.Tests.Repository;

public sealed class PackTests
{
    private const int ChunkSize = 128 << 10;

    // Chunks that compress to nothing, to about half, and not at all.
    private static readonly Gen<byte[]> Chunk = Gen.Select(Gen.Int[1, ChunkSize], Gen.Int, Gen.Int[0, 2]).Select(
        (length, seed, kind) =>
        {
            var bytes = TestBytes.Of(length, seed);
            if (kind < 2)
                Array.Clear(bytes, 0, kind == 0 ? length - 1 : length / 2);
            return bytes;
        });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_chunk_comes_back_from_any_part_of_a_run()
    {
        await using var repository = await TestRepository.CreateAsync(Token);
        await Gen.Select(Chunk.Array[1, 12], Gen.Int[0, 100], Gen.Int[0, 100]).SampleAsync(
            async (chunks, from, size) =>
            {
                var run = await StoreAsync(repository, chunks);
                var first = from % chunks.Length;
                var count = 1 + (size % (chunks.Length - first));
                var got = await PackChunks.ReadAsync(repository.Storage, run, first, count, Token);
                Assert.Equal(chunks[first..(first + count)], got);

                var members = await MembersAsync(repository, run.Pack!.Value);
                Assert.Equal(run.Chunks, members.Select(m => m.Chunk));
                Assert.Equal(run.Lengths, members.Select(m => m.Length));
                Assert.Equal(run.Offset, members[0].Offset);
                for (var i = 1; i < members.Count; i++)
                    Assert.Equal(
                        PackFormat.NextOffset(members[i - 1].Offset, members[i - 1].Length), members[i].Offset);
            },
            iter: 60,
            threads: 2);
    }

    [Fact]
    public async Task Tar_and_zstd_alone_read_a_pack()
    {
        await using var repository = await TestRepository.CreateAsync(Token);
        byte[][] chunks = [TestBytes.Of(ChunkSize, 1), new byte[5], TestBytes.Of(1, 2)];
        var run = await StoreAsync(repository, chunks);
        var pack = repository.PathOf(RepositoryLayout.Pack(run.Pack!.Value));

        var listing = await Tool.RunAsync(new ProcessStartInfo("tar", ["-tvf", pack]), Token);
        var lines = listing.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(run.Chunks!.Select(PackFormat.MemberName), lines.Select(line => line.Split(' ')[^1]));
        Assert.All(lines, line => Assert.StartsWith("-rw------- ", line, StringComparison.Ordinal));

        var folder = repository.Folder.Combine("extracted");
        Directory.CreateDirectory(folder);
        await Tool.RunAsync(new ProcessStartInfo("tar", ["-xf", pack, "-C", folder]), Token);
        await Tool.RunAsync(
            new ProcessStartInfo("zstd", ["-q", "-d", .. Directory.EnumerateFiles(folder)]), Token);
        for (var i = 0; i < chunks.Length; i++)
            Assert.Equal(
                chunks[i], await File.ReadAllBytesAsync(Path.Combine(folder, run.Chunks![i].ToString()), Token));
    }

    [Fact]
    public void The_same_chunks_give_the_same_bytes_and_the_name_is_their_hash()
    {
        byte[][] chunks = [TestBytes.Of(70_000, 1), TestBytes.Of(3, 2)];
        using var first = Fill(chunks);
        using var second = Fill(chunks);
        using var swapped = Fill([chunks[1], chunks[0]]);

        var content = first.Finish();
        Assert.Equal(content.Hash, second.Finish().Hash);
        Assert.NotEqual(content.Hash, swapped.Finish().Hash);
        Assert.Equal(0, content.Length % PackFormat.Block);
    }

    [Fact]
    public void A_pack_of_chunks_that_do_not_compress_stays_below_64_MiB_and_its_offsets_fit_the_index()
    {
        var chunk = TestBytes.Of(ChunkSize, 7);
        using var pack = new PackWriter();
        var last = 0L;
        for (var i = 0; !pack.IsFull; i++)
        {
            BitConverter.TryWriteBytes(chunk, i);
            last = pack.Add(Sha256Hash.Of(chunk), Compress(chunk));
        }

        var length = pack.Finish().Length;
        Assert.InRange(length, PackFormat.TargetLength, 64 << 20);
        var location = new Highwater.Engine.Backup.ChunkLocation(3, last, ChunkSize + 100);
        Assert.Equal(location, Highwater.Engine.Backup.ChunkLocation.Unpack(location.Packed));
    }

    [Fact]
    public async Task A_pack_cut_short_is_never_taken_for_whole()
    {
        await using var repository = await TestRepository.CreateAsync(Token);
        var run = await StoreAsync(repository, [TestBytes.Of(9000, 1), TestBytes.Of(9000, 2)]);
        var key = RepositoryLayout.Pack(run.Pack!.Value);
        var whole = await File.ReadAllBytesAsync(repository.PathOf(key), Token);
        foreach (var length in new[] { 0, 100, 512, 5000, 9600, 15_000 })
        {
            repository.Damage(key, _ => whole[..length]);
            var listing = await Assert.ThrowsAsync<HighwaterException>(() => MembersAsync(repository, run.Pack!.Value));
            Assert.Equal(ErrorCodes.RepositoryDamaged, listing.Code);
        }
    }

    [Fact]
    public async Task A_file_that_is_no_pack_is_called_damaged()
    {
        await using var repository = await TestRepository.CreateAsync(Token);
        var run = await StoreAsync(repository, [TestBytes.Of(9000, 1)]);
        repository.Damage(RepositoryLayout.Pack(run.Pack!.Value), bytes => TestBytes.Of(bytes.Length, 5));
        var error = await Assert.ThrowsAsync<HighwaterException>(() => MembersAsync(repository, run.Pack!.Value));
        Assert.Equal(ErrorCodes.RepositoryDamaged, error.Code);
    }

    private static PackWriter Fill(byte[][] chunks)
    {
        var pack = new PackWriter();
        foreach (var chunk in chunks)
            pack.Add(Sha256Hash.Of(chunk), Compress(chunk));
        return pack;
    }

    private static byte[] Compress(byte[] plain)
    {
        using var zstd = new Compressor(1);
        return zstd.Wrap(plain).ToArray();
    }

    private static async Task<ChunkRun> StoreAsync(TestRepository repository, byte[][] chunks)
    {
        using var pack = new PackWriter();
        var compressed = chunks.Select(Compress).ToList();
        var offsets = chunks.Zip(compressed, (plain, zstd) => pack.Add(Sha256Hash.Of(plain), zstd)).ToList();
        var content = pack.Finish();
        await repository.Storage.PutAsync(RepositoryLayout.Pack(content.Hash), content, Token);
        return new ChunkRun(
            content.Hash, offsets[0], [.. compressed.Select(c => c.Length)], [.. chunks.Select(c => Sha256Hash.Of(c))],
            null);
    }

    private static async Task<List<PackMember>> MembersAsync(TestRepository repository, Sha256Hash pack)
    {
        var members = new List<PackMember>();
        await foreach (var member in PackReader.ReadMembersAsync(repository.Storage, pack, Token))
            members.Add(member);
        return members;
    }
}
