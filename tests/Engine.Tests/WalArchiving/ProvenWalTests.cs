using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Postgres.WalRecords;
using Highwater.Engine.Repository;
using Highwater.TestKit.WalArchiving;

namespace Highwater.Engine.Tests.WalArchiving;

/// <summary>What the proof of records on the way from the spool lets in, keeps out, and records.</summary>
public sealed class ProvenWalTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_damaged_record_keeps_its_segment_out_wherever_it_is_and_the_others_flow()
    {
        await using var scene = await WalScene.CreateAsync();
        var random = new Random(4);
        for (uint number = 1; number < 40; number += 2)
        {
            var bytes = WalScene.BytesOf(WalScene.Segment(number));
            bytes[random.Next(0, bytes.Length / 8192) * 8192 + random.Next(40, 8192)] ^= (byte)(1 << random.Next(0, 8));
            File.WriteAllBytes(scene.InSpool(WalScene.Segment(number).ToString()), bytes);
            scene.Spool(number + 1);
        }

        var result = await scene.ArchiveAsync();

        Assert.Equal(20, result.Files);
        Assert.Equal(20, result.Faults.Count);
        Assert.All(result.Faults, fault => Assert.Equal(ErrorCodes.WalInvalid.Code, fault.Code));
        Assert.All(result.Faults, fault => Assert.Contains(
            "is damaged at 0/", fault.WhatHappened, StringComparison.Ordinal));
        Assert.Empty(scene.Spooled());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Records_that_reach_over_segments_are_proven_in_one_pass_and_over_several(bool inOnePass)
    {
        await using var scene = await WalScene.CreateAsync();
        var wal = Wal();
        wal.Commit(700, Noon);
        wal.Append(10, 0, 701, new byte[(int)(2.5 * WalScene.Size.Bytes)]);
        wal.Append(10, 0, 701, new byte[(int)(0.7 * WalScene.Size.Bytes)]);
        for (ulong number = 1; number <= 3; number++)
        {
            Spool(scene, wal, number);
            if (!inOnePass)
                Assert.Empty((await scene.ArchiveAsync()).Faults);
        }

        Assert.Empty((await scene.ArchiveAsync()).Faults);

        var contents = await ContentsAsync(scene, 3);
        Assert.Equal(WalScene.Segment(3).Start(WalScene.Size), contents.ProvenFrom);
        Assert.Equal(Noon, contents.Tail!.NewestTransactionAt);
        Assert.Null(contents.LastTransactionAt);
        Assert.Equal(1, contents.Records);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Damage_in_a_record_that_began_in_the_segment_before_is_found(bool inOnePass)
    {
        await using var scene = await WalScene.CreateAsync();
        var wal = Wal();
        wal.Append(10, 0, 701, new byte[(int)(1.5 * WalScene.Size.Bytes)]);
        wal.Append(10, 0, 701, new byte[(int)WalScene.Size.Bytes]);
        var second = wal.Segment(2);
        second[5000] ^= 4;
        Spool(scene, wal, 1);
        if (!inOnePass)
            await scene.ArchiveAsync();
        File.WriteAllBytes(scene.InSpool(WalScene.Segment(2).ToString()), second);

        var fault = Assert.Single((await scene.ArchiveAsync()).Faults);

        Assert.Equal(WalScene.Segment(2).ToString(), fault.File);
        Assert.Contains("does not go on from the segment before", fault.WhatHappened, StringComparison.Ordinal);
        Assert.Equal([WalScene.Segment(1).ToString()], await WalScene.NamesAsync(scene.LocalArchive));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Segments_of_another_history_of_the_same_cluster_do_not_get_in(bool withTheOneBefore)
    {
        await using var scene = await WalScene.CreateAsync();
        scene.Spool(1);
        await scene.ArchiveAsync();

        // A clone went its own way: same system identifier, same names, sound in itself.
        var clone = Wal();
        clone.Append(10, 0, 1, new byte[(WalScene.Size.Bytes / 2) + 8]);
        clone.Append(10, 0, 1, new byte[clone.Room - 24]);
        clone.Append(10, 0, 1, new byte[2 * WalScene.Size.Bytes]);
        Spool(scene, clone, 2);
        if (withTheOneBefore)
            Spool(scene, clone, 1);

        var faults = (await scene.ArchiveAsync()).Faults;

        Assert.Equal(withTheOneBefore ? 2 : 1, faults.Count);
        Assert.Contains("as the one before it", faults[^1].WhatHappened, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_records_say_is_recorded_with_the_segment()
    {
        await using var scene = await WalScene.CreateAsync();
        var wal = Wal();
        var first = wal.Commit(700, Noon);
        var point = wal.RestorePoint("before the end", Noon.AddSeconds(5));
        wal.Commit(702, Noon.AddSeconds(20));
        wal.Commit(701, Noon.AddSeconds(10));
        var last = wal.Append(10, 0, 703, new byte[100]);
        wal.Switch();
        Spool(scene, wal, 1);
        await scene.ArchiveAsync();

        var contents = await ContentsAsync(scene, 1);

        Assert.Equal(6, contents.Records);
        Assert.Equal(first, contents.FirstRecord);
        Assert.True(contents.LastRecord > last, "The switch is a record too.");
        Assert.Equal((Noon, Noon.AddSeconds(20)), (contents.FirstTransactionAt, contents.LastTransactionAt));
        Assert.Equal((700u, 702u), (contents.LowestXid, contents.HighestXid));
        Assert.Equal([new WalRestorePoint("before the end", point, Noon.AddSeconds(5))], contents.RestorePoints);
    }

    [Fact]
    public async Task A_segment_that_comes_before_its_predecessor_is_taken_and_says_from_where_it_is_proven()
    {
        await using var scene = await WalScene.CreateAsync();
        var wal = Wal();
        wal.Append(10, 0, 701, new byte[(int)(1.5 * WalScene.Size.Bytes)]);
        wal.Append(10, 0, 701, new byte[(int)WalScene.Size.Bytes]);
        Spool(scene, wal, 2);
        Assert.Empty((await scene.ArchiveAsync()).Faults);

        var contents = await ContentsAsync(scene, 2);
        Assert.True(contents.ProvenFrom > WalScene.Segment(2).Start(WalScene.Size));
        Assert.NotNull(contents.Tail?.Open);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_first_segment_of_a_timeline_is_proven_against_the_last_of_its_parent(bool isSound)
    {
        await using var scene = await WalScene.CreateAsync();
        var wal = Wal();
        wal.Append(10, 0, 701, new byte[wal.Room - 24]);
        Spool(scene, wal, 1);
        await scene.ArchiveAsync();
        var child = new TestWal(
            WalScene.Cluster, WalScene.Size, wal.Position, 2, isSound ? wal.LastRecord : new Lsn(0x10_0028 + 8));
        child.Append(10, 0, 702, new byte[2 * WalScene.Size.Bytes]);
        scene.SpoolText("00000002.history", $"1\t{wal.Position}\tno recovery target specified\n");
        File.WriteAllBytes(scene.InSpool(WalScene.Segment(2, timeline: 2).ToString()), child.Segment(2));

        Assert.Equal(isSound ? 0 : 1, (await scene.ArchiveAsync()).Faults.Count);
    }

    private static TestWal Wal() =>
        new(WalScene.Cluster, WalScene.Size, WalScene.Segment(1).Start(WalScene.Size));

    private static void Spool(WalScene scene, TestWal wal, ulong number) =>
        File.WriteAllBytes(scene.InSpool(WalScene.Segment((uint)number).ToString()), wal.Segment(number));

    private static async Task<WalContents> ContentsAsync(WalScene scene, uint number) =>
        (await scene.LocalArchive.ReadHeaderAsync(WalFileName.Of(WalScene.Segment(number)), WalScene.Token)).Contents!;
}
