using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;
using Highwater.Engine.Tests.WalArchiving;

namespace Highwater.Engine.Tests.Repository;

public sealed class StoredWalProofsTests
{
    private static readonly WalFileName Name = WalFileName.Of(WalScene.Segment(3));

    [Fact]
    public async Task What_was_archived_is_proven_and_nothing_else()
    {
        await using var scene = await WalScene.CreateAsync();
        scene.Spool(3);
        await scene.ArchiveAsync();

        var proof = scene.Proofs.Find(scene.Local, Name);

        var header = await scene.LocalArchive.ReadHeaderAsync(Name, WalScene.Token);
        var stored = await scene.LocalStorage.HashAsync(RepositoryLayout.WalFile(Name), WalScene.Token);
        Assert.Equal(new StoredWalProof(stored, header.Sha256), proof);
        Assert.Null(scene.Proofs.Find(scene.Remote, Name));
        Assert.Null(scene.Proofs.Find(scene.Local, WalFileName.Of(WalScene.Segment(4))));
    }

    [Fact]
    public async Task Only_bytes_that_are_the_proven_ones_are_copied_without_being_unpacked()
    {
        await using var scene = await WalScene.CreateAsync();
        var entry = new WalArchiveEntry(Name, 3, DateTimeOffset.UnixEpoch);
        await scene.LocalStorage.PutAsync(
            RepositoryLayout.WalFile(Name), ObjectContent.FromBytes("abc"u8.ToArray()), WalScene.Token);
        Task<PutOutcome> PutAsync(StoredWalProof? proof) =>
            scene.RemoteArchive.PutStoredAsync(scene.LocalArchive, entry, proof, WalScene.Token);

        foreach (var proof in (StoredWalProof?[])[null, new(Sha256Hash.Of("abd"u8), Sha256Hash.Of("plain"u8))])
        {
            var error = await Assert.ThrowsAsync<HighwaterException>(() => PutAsync(proof));
            Assert.Equal(ErrorCodes.RepositoryDamaged, error.Code);
        }

        Assert.Null(await scene.RemoteArchive.StatAsync(Name, WalScene.Token));
        Assert.Equal(
            PutOutcome.Stored, await PutAsync(new StoredWalProof(Sha256Hash.Of("abc"u8), Sha256Hash.Of("plain"u8))));
    }

    [Fact]
    public async Task What_does_not_unpack_to_what_was_described_is_not_stored()
    {
        await using var scene = await WalScene.CreateAsync();
        using var described = new MemoryStream(WalScene.BytesOf(WalScene.Segment(3)));
        var header = await scene.LocalArchive.DescribeAsync(Name, described, null, WalScene.Token);
        var bytes = described.ToArray();
        bytes[^1] ^= 1;
        using var changed = new MemoryStream(bytes);

        var error = await Assert.ThrowsAsync<TransientException>(
            () => scene.LocalArchive.PutAndReadBackAsync(header, changed, WalScene.Token));

        Assert.Equal(ErrorCodes.StorageContentMismatch, error.Code);
        Assert.Null(await scene.LocalArchive.StatAsync(Name, WalScene.Token));
        await scene.LocalArchive.PutAndReadBackAsync(header, described, WalScene.Token);
        Assert.NotNull(await scene.LocalArchive.StatAsync(Name, WalScene.Token));
    }

    [Fact]
    public async Task A_segment_that_is_there_in_another_packed_form_is_unpacked_and_gives_no_proof()
    {
        await using var scene = await WalScene.CreateAsync();
        var plain = WalScene.BytesOf(WalScene.Segment(3));
        using var stream = new MemoryStream(plain);
        var header = await scene.LocalArchive.DescribeAsync(Name, stream, null, WalScene.Token);
        using var zstd = new ZstdSharp.Compressor(19);
        byte[] other = [.. WalSegmentFrame.Write(header), .. zstd.Wrap(plain)];
        var key = RepositoryLayout.WalFile(Name);
        await scene.LocalStorage.PutAsync(key, ObjectContent.FromBytes(other), WalScene.Token);

        Assert.Null(await scene.LocalArchive.PutAndReadBackAsync(header, stream, WalScene.Token));

        other[^20] ^= 1;
        await File.WriteAllBytesAsync(Path.Combine(scene.LocalPath, key), other, WalScene.Token);
        var error = await Assert.ThrowsAsync<HighwaterException>(
            () => scene.LocalArchive.PutAndReadBackAsync(header, stream, WalScene.Token));
        Assert.Equal(ErrorCodes.RepositoryDamaged, error.Code);
    }

    [Fact]
    public async Task The_oldest_are_forgotten_when_there_are_many()
    {
        await using var scene = await WalScene.CreateAsync();
        var proof = new StoredWalProof(Sha256Hash.Of("abc"u8), Sha256Hash.Of("plain"u8));
        var names = Enumerable.Range(0, 4097).Select(n => WalFileName.Of(WalScene.Segment((uint)n))).ToList();
        foreach (var name in names)
            scene.Proofs.Add(scene.Local, name, proof);
        scene.Proofs.Add(scene.Local, names[^1], proof);

        Assert.Null(scene.Proofs.Find(scene.Local, names[0]));
        Assert.All(names[1..], name => Assert.NotNull(scene.Proofs.Find(scene.Local, name)));
    }
}
