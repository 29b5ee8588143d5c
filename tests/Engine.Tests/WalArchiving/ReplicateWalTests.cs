using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage.Local;
using Highwater.Engine.WalArchiving;
using Highwater.TestKit.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Highwater.Engine.Tests.WalArchiving;

public sealed class ReplicateWalTests
{
    private static readonly TransientException Away =
        new(ErrorCodes.StorageUnreachable, "The host is away.", "start it");

    [Fact]
    public async Task The_target_gets_what_it_lacks_byte_for_byte_and_oldest_first()
    {
        await using var scene = await WalScene.CreateAsync();
        scene.Spool(3, 4, 5);
        scene.SpoolText("00000002.history", "1\t0/700000\tno recovery target specified\n");
        await scene.ArchiveAsync();
        var first = await scene.ReplicateAsync();
        Assert.Equal(4, first.Files);
        Assert.Equal(0, first.Remaining);
        Assert.Null(first.OldestWaiting);
        Assert.Empty(first.Faults);

        scene.Spool(6);
        await scene.ArchiveAsync();
        Assert.Equal(1, (await scene.ReplicateAsync()).Files);
        Assert.Equal(0, (await scene.ReplicateAsync()).Files);
        foreach (var file in await scene.LocalArchive.ListAsync(WalScene.Token))
        {
            var key = RepositoryLayout.WalFile(file.Name);
            Assert.Equal(
                await scene.LocalStorage.HashAsync(key, WalScene.Token),
                await scene.RemoteStorage.HashAsync(key, WalScene.Token));
        }
    }

    [Fact]
    public async Task What_a_power_cut_left_empty_on_the_target_is_lacking_and_told_of()
    {
        await using var scene = await WalScene.CreateAsync();
        scene.Spool(3, 4);
        await scene.ArchiveAsync();
        await scene.ReplicateAsync();
        var segment = WalFileName.Of(WalScene.Segment(4));
        await File.WriteAllBytesAsync(
            Path.Combine(scene.RemotePath, RepositoryLayout.WalFile(segment)), [], WalScene.Token);

        var missing = await ReplicateWal.FindMissingAsync(scene.LocalArchive, scene.RemoteArchive, WalScene.Token);

        Assert.Equal([segment], missing.Select(file => file.Name));
        Assert.Equal(segment.Name, Assert.Single((await scene.ReplicateAsync()).Faults).File);
    }

    [Fact]
    public async Task One_listing_of_each_side_tells_what_lacks()
    {
        await using var scene = await WalScene.CreateAsync();
        scene.Spool(3, 4, 5);
        await scene.ArchiveAsync();
        await scene.ReplicateAsync();
        var calls = new List<string>();
        scene.RemoteStorage.Fault = (method, _) =>
        {
            lock (calls)
                calls.Add(method);
            return null;
        };
        await scene.ReplicateAsync();
        Assert.Equal(["ListAsync"], calls);
    }

    [Fact]
    public async Task A_target_that_goes_away_says_how_much_waits_and_catches_up_when_it_is_back()
    {
        await using var scene = await WalScene.CreateAsync();
        scene.Spool([.. Enumerable.Range(1, 20).Select(n => (uint)n)]);
        await scene.ArchiveAsync();
        var puts = 0;
        scene.RemoteStorage.Fault = (method, _) =>
            method == "PutAsync" && Interlocked.Increment(ref puts) > 5 ? Away : null;
        var error = await Assert.ThrowsAsync<TransientException>(scene.ReplicateAsync);
        Assert.Equal(ErrorCodes.StorageUnreachable, error.Code);
        Assert.Matches("1[5-9] WAL files of the repository 'local' wait for 'remote'", error.WhatHappened);
        var arrived = (await WalScene.NamesAsync(scene.RemoteArchive)).Length;
        Assert.InRange(arrived, 1, 5);

        scene.RemoteStorage.Fault = (_, _) => null;
        Assert.Equal(20 - arrived, (await scene.ReplicateAsync()).Files);
        Assert.Equal(await WalScene.NamesAsync(scene.LocalArchive), await WalScene.NamesAsync(scene.RemoteArchive));
    }

    [Fact]
    public async Task A_spent_budget_begins_no_more_files_and_says_what_waits()
    {
        await using var scene = await WalScene.CreateAsync();
        scene.Spool([.. Enumerable.Range(1, 20).Select(n => (uint)n)]);
        await scene.ArchiveAsync();
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddHours(1));
        var puts = 0;
        scene.RemoteStorage.Fault = (method, _) =>
        {
            // The fifth file takes the rest of the time; up to three others were begun beside it.
            if (method == "PutAsync" && Interlocked.Increment(ref puts) == 5)
                clock.Advance(TimeSpan.FromSeconds(30));
            return null;
        };

        var first = await scene.ReplicateAsync(clock, TimeSpan.FromSeconds(30));

        Assert.InRange(first.Files, 5, 8);
        Assert.Equal(20 - first.Files, first.Remaining);
        Assert.True(first.RemainingBytes > 0);
        Assert.InRange(first.OldestWaiting!.Value, TimeSpan.FromMinutes(50), TimeSpan.FromMinutes(70));
        Assert.Empty(first.Faults);
        var arrived = await WalScene.NamesAsync(scene.RemoteArchive);
        Assert.Equal((await WalScene.NamesAsync(scene.LocalArchive)).Take(arrived.Length), arrived);

        // A budget that is spent before it begins copies nothing, the next one the rest.
        Assert.Equal(0, (await scene.ReplicateAsync(clock, TimeSpan.Zero)).Files);
        Assert.Equal(first.Remaining, (await scene.ReplicateAsync(clock, TimeSpan.FromSeconds(30))).Files);
    }

    [Fact]
    public async Task Segments_somebody_waits_for_go_first_with_the_histories_and_nothing_else()
    {
        await using var scene = await WalScene.CreateAsync();
        scene.Spool([.. Enumerable.Range(1, 20).Select(n => (uint)n)]);
        scene.SpoolText("00000002.history", "1\t0/700000\tno recovery target specified\n");
        await scene.ArchiveAsync();

        var copied = await WalScene.Replicator().RunAsync(
            scene.Local, scene.Remote, [WalScene.Segment(19), WalScene.Segment(99)], WalScene.Token);

        Assert.Equal((2, 0), (copied.Files, copied.Remaining));
        Assert.Equal(
            [WalScene.Segment(19).ToString(), "00000002.history"],
            (await WalScene.NamesAsync(scene.RemoteArchive)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_damaged_file_is_named_and_not_copied_while_others_are()
    {
        await using var scene = await WalScene.CreateAsync();
        scene.Spool(3, 4);
        await scene.ArchiveAsync();
        var path = Path.Combine(scene.LocalPath, RepositoryLayout.WalFile(WalFileName.Of(WalScene.Segment(3))));
        var bytes = await File.ReadAllBytesAsync(path, WalScene.Token);
        bytes[^5000] ^= 4;
        await File.WriteAllBytesAsync(path, bytes, WalScene.Token);

        var result = await scene.ReplicateAsync();

        Assert.Equal(1, result.Files);
        Assert.Equal(1, result.Remaining);
        Assert.NotNull(result.OldestWaiting);
        var fault = Assert.Single(result.Faults);
        Assert.Equal(ErrorCodes.RepositoryDamaged.Code, fault.Code);
        Assert.Equal(WalScene.Segment(3).ToString(), fault.File);
        Assert.Equal([WalScene.Segment(4).ToString()], await WalScene.NamesAsync(scene.RemoteArchive));
    }

    [Fact]
    public async Task The_same_segment_compressed_otherwise_counts_as_there_and_another_one_is_a_conflict()
    {
        await using var scene = await WalScene.CreateAsync();
        scene.Spool(3);
        await scene.ArchiveAsync();
        var name = WalFileName.Of(WalScene.Segment(3));
        var entry = Assert.Single(await scene.LocalArchive.ListAsync(WalScene.Token));

        // Another compressor's work: the same header, the segment in two frames.
        var key = RepositoryLayout.WalFile(name);
        var header = WalSegmentFrame.Write(await scene.LocalArchive.ReadHeaderAsync(name, WalScene.Token));
        using var zstd = new ZstdSharp.Compressor(19);
        var plain = WalScene.BytesOf(WalScene.Segment(3));
        byte[] other = [.. header, .. zstd.Wrap(plain.AsSpan(0, 1000)), .. zstd.Wrap(plain.AsSpan(1000))];
        await scene.RemoteStorage.PutAsync(key, Engine.Storage.ObjectContent.FromBytes(other), WalScene.Token);
        Assert.Equal(
            Engine.Storage.PutOutcome.AlreadyThere,
            await scene.RemoteArchive.PutStoredAsync(scene.LocalArchive, entry, null, WalScene.Token));

        await scene.RemoteStorage.DeleteAsync(key, WalScene.Token);
        using var different = new MemoryStream(WalScene.BytesOf(WalScene.Segment(3), seed: 2));
        await scene.RemoteArchive.PutAsync(name, different, WalScene.Token);
        var error = await Assert.ThrowsAsync<HighwaterException>(
            () => scene.RemoteArchive.PutStoredAsync(scene.LocalArchive, entry, null, WalScene.Token));
        Assert.Equal(ErrorCodes.WalConflict, error.Code);
    }

    [Fact]
    public async Task The_repository_of_another_cluster_is_refused()
    {
        await using var scene = await WalScene.CreateAsync();
        using var folder = new TempDirectory("foreign");
        await using var storage = new LocalStorage(folder.Path);
        var foreign = await BackupRepository.OpenOrCreateAsync(
            "remote",
            storage,
            new ClusterIdentity(new SystemIdentifier(42), 15, WalScene.Size),
            TimeProvider.System,
            WalScene.Token);
        var error = await Assert.ThrowsAsync<HighwaterException>(
            () => WalScene.Replicator().RunAsync(scene.Local, foreign, budget: null, WalScene.Token));
        Assert.Equal(ErrorCodes.RepositoryForeign, error.Code);
    }
}
