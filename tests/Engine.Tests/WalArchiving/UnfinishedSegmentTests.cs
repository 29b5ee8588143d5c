using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.TestKit.WalArchiving;

namespace Highwater.Engine.Tests.WalArchiving;

/// <summary>
/// The last segment of a timeline as a standby with archive_mode=always hands it over after its primary was promoted:
/// under its whole name, right up to where the timeline was left, and behind that what was in the file before.
/// </summary>
public sealed class UnfinishedSegmentTests
{
    private const string Name = "000000010000000000000002";
    private const string Partial = Name + ".partial";
    private const string History = "00000002.history";

    /// <summary>What may stand behind the switch point.</summary>
    public enum Rest
    {
        Zeros,
        Recycled,
        CutRecord,
    }

    public static TheoryData<Rest, int> Rests
    {
        get
        {
            var data = new TheoryData<Rest, int>();
            foreach (var rest in Enum.GetValues<Rest>())
            {
                for (var seed = 0; seed < 4; seed++)
                    data.Add(rest, seed);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Rests))]
    public async Task It_is_kept_as_partial_and_none_is_alarmed_whatever_stands_behind_the_switch_point(
        Rest rest, int seed)
    {
        await using var scene = await WalScene.CreateAsync();
        var (wal, bytes) = Unfinished(rest, new Random(seed));
        Spool(scene, wal.Segment(1), WalScene.Segment(1).ToString());
        Spool(scene, bytes);
        scene.SpoolText(History, LeftAt(wal.Position));

        var result = await scene.ArchiveAsync();

        Assert.Empty(result.Faults);
        Assert.Equal(3, result.Files);
        Assert.Empty(scene.Spooled());
        Assert.Equal(
            [History, WalScene.Segment(1).ToString(), Partial], await WalScene.NamesAsync(scene.LocalArchive));
        Assert.Equal(bytes, await WalScene.ReadAsync(scene.LocalArchive, Partial));
    }

    [Fact]
    public async Task One_that_another_process_takes_meanwhile_is_no_trouble()
    {
        await using var scene = await WalScene.CreateAsync();
        var (wal, bytes) = Unfinished(Rest.Zeros, new Random(1));
        Spool(scene, bytes);
        scene.SpoolText(History, LeftAt(wal.Position));
        var looks = 0;
        scene.LocalStorage.Fault = (method, _) =>
        {
            // Where its timeline was left is looked up after it was found to be unfinished.
            if (method == nameof(scene.LocalStorage.ListAsync) && looks++ == 0)
                File.Delete(scene.InSpool(Name));
            return null;
        };

        var result = await scene.ArchiveAsync();

        Assert.Equal(1, looks);
        Assert.Empty(result.Faults);
        Assert.Equal(1, result.Files);
    }

    [Fact]
    public async Task Moved_aside_before_its_history_came_it_is_judged_again_when_it_comes()
    {
        await using var scene = await WalScene.CreateAsync();
        var (wal, bytes) = Unfinished(Rest.Recycled, new Random(1));
        Spool(scene, bytes);
        Assert.Equal(ErrorCodes.WalInvalid.Code, Assert.Single((await scene.ArchiveAsync()).Faults).Code);
        Spool(scene, Flipped(bytes, 9000));
        Assert.Equal(scene.InQuarantine(Name + ".2"), Assert.Single((await scene.ArchiveAsync()).Faults).MovedTo);

        // The one before it came in between: without it nothing could be said of the record that reaches over.
        Spool(scene, wal.Segment(1), WalScene.Segment(1).ToString());
        scene.SpoolText("00000003.history", "1\t0/100028\tof another promotion\n");
        Assert.Equal(2, (await scene.ArchiveAsync()).Files);
        Assert.Equal(2, Directory.GetFiles(scene.InQuarantine("")).Length);
        scene.SpoolText(History, LeftAt(wal.Position));
        var result = await scene.ArchiveAsync();

        Assert.Empty(result.Faults);
        Assert.Equal(2, result.Files);
        Assert.Equal(bytes, await WalScene.ReadAsync(scene.LocalArchive, Partial));
        Assert.Equal([scene.InQuarantine(Name + ".2")], Directory.GetFiles(scene.InQuarantine("")));
    }

    [Fact]
    public async Task Stopped_while_it_is_judged_again_the_next_run_finishes()
    {
        await using var scene = await WalScene.CreateAsync();
        var (wal, bytes) = Unfinished(Rest.Zeros, new Random(2));
        Spool(scene, bytes);
        await scene.ArchiveAsync();
        scene.SpoolText(History, LeftAt(wal.Position));
        scene.LocalStorage.LostAnswer = (method, key) =>
            method == "PutAsync" && key.EndsWith(".partial.zst", StringComparison.Ordinal)
            ? new TransientException(ErrorCodes.StorageUnreachable, "The answer was lost.", "run again")
            : null;
        await Assert.ThrowsAsync<TransientException>(() => scene.ArchiveAsync());
        Assert.True(File.Exists(scene.InQuarantine(Name)));
        scene.LocalStorage.LostAnswer = (_, _) => null;

        Assert.Equal(1, (await scene.ArchiveAsync()).Files);

        Assert.Empty(Directory.GetFiles(scene.InQuarantine("")));
        Assert.Equal(bytes, await WalScene.ReadAsync(scene.LocalArchive, Partial));
    }

    [Fact]
    public async Task Every_bit_that_is_wrong_before_the_switch_point_keeps_it_out()
    {
        await using var scene = await WalScene.CreateAsync();
        var random = new Random(3);
        var (wal, bytes) = Unfinished(Rest.Recycled, random);
        Spool(scene, wal.Segment(1), WalScene.Segment(1).ToString());
        scene.SpoolText(History, LeftAt(wal.Position));
        await scene.ArchiveAsync();
        var proven = (int)(wal.Position.Value - WalScene.Segment(2).Start(WalScene.Size).Value);
        for (var attempt = 0; attempt < 30; attempt++)
        {
            // Not in a page's header: there the fields that nobody reads may have any value.
            var at = random.Next(0, proven);
            Spool(scene, Flipped(bytes, at % 8192 < 40 ? at / 8192 * 8192 + 40 : at, random.Next(8)));
            var fault = Assert.Single((await scene.ArchiveAsync()).Faults);
            Assert.Equal(ErrorCodes.WalInvalid.Code, fault.Code);
            Assert.NotNull(fault.MovedTo);
        }

        Assert.Equal([History, WalScene.Segment(1).ToString()], await WalScene.NamesAsync(scene.LocalArchive));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_whole_segment_of_the_old_primary_that_wrote_on_is_kept_beside_it_in_either_order(
        bool wholeFirst)
    {
        await using var scene = await WalScene.CreateAsync();
        var (wal, bytes) = Unfinished(Rest.Recycled, new Random(4));
        var leftAt = wal.Position;
        wal.Append(10, 0, 701, new byte[2 * WalScene.Size.Bytes]);
        var whole = wal.Segment(2);
        Assert.NotEqual(whole, bytes);
        Spool(scene, wal.Segment(1), WalScene.Segment(1).ToString());
        scene.SpoolText(History, LeftAt(leftAt));
        foreach (var one in wholeFirst ? [whole, bytes] : new[] { bytes, whole })
        {
            Spool(scene, one);
            Assert.Empty((await scene.ArchiveAsync()).Faults);
        }

        Assert.Empty(scene.Spooled());
        Assert.Equal(whole, await WalScene.ReadAsync(scene.LocalArchive, Name));

        // Where the whole one is, the other has nothing to add.
        Assert.Equal(!wholeFirst, (await WalScene.NamesAsync(scene.LocalArchive)).Contains(Partial));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task That_of_the_promoted_server_and_that_of_its_standby_are_the_same_up_to_the_switch_point(
        bool promotedFirst)
    {
        await using var scene = await WalScene.CreateAsync();
        var (wal, ofStandby) = Unfinished(Rest.Recycled, new Random(5));
        var ofPromoted = wal.Segment(2);
        Assert.NotEqual(ofPromoted, ofStandby);
        Spool(scene, wal.Segment(1), WalScene.Segment(1).ToString());
        scene.SpoolText(History, LeftAt(wal.Position));
        foreach (var isPromoted in new[] { promotedFirst, !promotedFirst })
        {
            Spool(scene, isPromoted ? ofPromoted : ofStandby, isPromoted ? Partial : Name);
            Assert.Empty((await scene.ArchiveAsync()).Faults);
        }

        Assert.Empty(scene.Spooled());
        Assert.Equal(
            promotedFirst ? ofPromoted : ofStandby, await WalScene.ReadAsync(scene.LocalArchive, Partial));
    }

    [Fact]
    public async Task Another_history_of_the_same_cluster_up_to_the_same_place_is_no_copy_of_it()
    {
        await using var scene = await WalScene.CreateAsync();
        var (wal, bytes) = Unfinished(Rest.Zeros, new Random(6));
        var (_, other) = Unfinished(Rest.Zeros, new Random(6), content: 7);
        scene.SpoolText(History, LeftAt(wal.Position));
        Spool(scene, bytes);
        Assert.Empty((await scene.ArchiveAsync()).Faults);

        Spool(scene, other);
        Assert.NotNull(Assert.Single((await scene.ArchiveAsync()).Faults).MovedTo);
        Spool(scene, other, Partial);
        Assert.Equal(ErrorCodes.WalConflict.Code, Assert.Single((await scene.ArchiveAsync()).Faults).Code);

        Assert.Equal(bytes, await WalScene.ReadAsync(scene.LocalArchive, Partial));
    }

    [Fact]
    public async Task Damage_behind_the_switch_point_in_what_the_old_primary_wrote_on_is_no_unfinished_segment()
    {
        await using var scene = await WalScene.CreateAsync();
        var (wal, _) = Unfinished(Rest.Zeros, new Random(8));
        var leftAt = wal.Position;
        wal.Commit(702, DateTimeOffset.UnixEpoch.AddYears(50));
        var damaged = (int)(wal.Position.Value - WalScene.Segment(2).Start(WalScene.Size).Value) + 9000;
        wal.Append(10, 0, 701, new byte[20_000]);
        wal.Append(10, 0, 701, new byte[2 * WalScene.Size.Bytes]);
        scene.SpoolText(History, LeftAt(leftAt));
        Spool(scene, Flipped(wal.Segment(2), damaged));

        var fault = Assert.Single((await scene.ArchiveAsync()).Faults);

        Assert.Equal(ErrorCodes.WalInvalid.Code, fault.Code);
        Assert.Equal(scene.InQuarantine(Name), fault.MovedTo);
    }

    [Fact]
    public async Task A_record_that_was_never_finished_may_have_begun_in_the_segment_before()
    {
        await using var scene = await WalScene.CreateAsync();
        var wal = new TestWal(WalScene.Cluster, WalScene.Size, WalScene.Segment(1).Start(WalScene.Size));
        wal.Append(10, 0, 701, new byte[wal.Room - 1000]);
        var leftAt = wal.Position;
        wal.Append(10, 0, 701, new byte[30_000]);
        var bytes = wal.Segment(2);
        Array.Clear(bytes, 9000, bytes.Length - 9000);
        Spool(scene, wal.Segment(1), WalScene.Segment(1).ToString());
        Spool(scene, bytes);
        scene.SpoolText(History, LeftAt(leftAt));

        Assert.Empty((await scene.ArchiveAsync()).Faults);

        Assert.Equal(bytes, await WalScene.ReadAsync(scene.LocalArchive, Partial));
    }

    /// <summary>A log of which segment 2 is finished to some half, and that segment with something behind it.</summary>
    private static (TestWal Wal, byte[] Bytes) Unfinished(Rest rest, Random random, byte content = 0)
    {
        var wal = new TestWal(WalScene.Cluster, WalScene.Size, WalScene.Segment(1).Start(WalScene.Size));
        wal.Append(10, 0, 701, Body(wal.Room + random.Next(100, 5000)));
        var end = WalScene.Segment(2).Start(WalScene.Size).Value + (ulong)random.Next(100_000, 700_000);
        while (wal.Position.Value < end)
            wal.Append(10, 0, 701, Body(random.Next(1, 20_000)));
        var bytes = wal.Segment(2);
        var left = (int)(wal.Position.Value % (ulong)WalScene.Size.Bytes);
        switch (rest)
        {
            case Rest.Recycled:
                var old = WalScene.Segment(random.Next(2) == 0 ? 9u : 5u);
                WalScene.BytesOf(old).AsSpan(left).CopyTo(bytes.AsSpan(left));
                break;
            case Rest.CutRecord:
                var on = new TestWal(WalScene.Cluster, WalScene.Size, default);
                on.Append(10, 0, 701, new byte[5000]);
                var cut = on.Segment(0).AsSpan(40, random.Next(30, 4000));
                cut[..Math.Min(cut.Length, bytes.Length - left)].CopyTo(bytes.AsSpan(left));
                break;
        }

        return (wal, bytes);

        byte[] Body(int length)
        {
            var body = new byte[length];
            random.NextBytes(body);
            body[^1] = (byte)(body[^1] ^ content);
            return body;
        }
    }

    private static string LeftAt(Lsn at) => $"1\t{at}\tno recovery target specified\n";

    private static byte[] Flipped(byte[] bytes, int at, int bit = 2)
    {
        byte[] flipped = [.. bytes];
        flipped[at] ^= (byte)(1 << bit);
        return flipped;
    }

    private static void Spool(WalScene scene, byte[] bytes, string name = Name) =>
        File.WriteAllBytes(scene.InSpool(name), bytes);
}
