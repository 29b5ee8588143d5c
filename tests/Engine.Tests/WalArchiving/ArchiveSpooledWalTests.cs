using System.Text;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage.Local;
using Highwater.TestKit.Storage;
using Highwater.TestKit.WalArchiving;

namespace Highwater.Engine.Tests.WalArchiving;

public sealed class ArchiveSpooledWalTests
{
    private const string History = "1\t0/700000\tno recovery target specified\n";

    [Fact]
    public async Task Files_of_every_kind_reach_the_repository_and_leave_the_spool()
    {
        await using var scene = await WalScene.CreateAsync();
        scene.Spool(4, 5);
        var partial = TestSegments.Make(WalScene.Segment(7), WalScene.Cluster, WalScene.Size);
        await File.WriteAllBytesAsync(scene.InSpool("000000010000000000000007.partial"), partial, WalScene.Token);
        scene.SpoolText("00000002.history", History);
        scene.SpoolText("000000010000000000000004.00000028.backup", "START WAL LOCATION: 0/400028\n");

        var result = await scene.ArchiveAsync();

        Assert.Equal(5, result.Files);
        Assert.Empty(result.Faults);
        Assert.Empty(scene.Spooled());
        Assert.Equal(
            WalScene.BytesOf(WalScene.Segment(5)),
            await WalScene.ReadAsync(scene.LocalArchive, "000000010000000000000005"));
        Assert.Equal(partial, await WalScene.ReadAsync(scene.LocalArchive, "000000010000000000000007.partial"));
        Assert.Equal(
            History, Encoding.UTF8.GetString(await WalScene.ReadAsync(scene.LocalArchive, "00000002.history")));
        Assert.Equal(
            [
                "00000002.history", "000000010000000000000004", "000000010000000000000004.00000028.backup",
                "000000010000000000000005", "000000010000000000000007.partial",
            ],
            await WalScene.NamesAsync(scene.LocalArchive));
    }

    [Fact]
    public async Task Zstd_alone_gives_back_the_segment()
    {
        await using var scene = await WalScene.CreateAsync();
        scene.Spool(9);
        await scene.ArchiveAsync();
        var stored = Path.Combine(scene.LocalPath, "wal-archive", "0000000100000000", "000000010000000000000009.zst");
        var plain = scene.InSpool("plain");
        Shell.Run("zstd", "-q", "-d", stored, "-o", plain);
        Assert.Equal(WalScene.BytesOf(WalScene.Segment(9)), await File.ReadAllBytesAsync(plain, WalScene.Token));
    }

    [Fact]
    public async Task Unfinished_and_foreign_names_are_left_alone()
    {
        await using var scene = await WalScene.CreateAsync();
        Directory.CreateDirectory(scene.InSpool(".tmp"));
        File.WriteAllBytes(scene.InSpool(".tmp/000000010000000000000001.x9Tz3q"), [1]);
        File.WriteAllBytes(scene.InSpool("notes.txt"), [1]);
        File.WriteAllBytes(scene.InSpool("000000010000000000000001.part"), [1]);
        var result = await scene.ArchiveAsync();
        Assert.Equal(0, result.Files);
        Assert.Empty(result.Faults);
        Assert.Equal(["000000010000000000000001.part", "notes.txt"], scene.Spooled());
        Assert.True(File.Exists(scene.InSpool(".tmp/000000010000000000000001.x9Tz3q")));
    }

    [Fact]
    public async Task The_oldest_go_first_across_logs_and_timelines()
    {
        await using var scene = await WalScene.CreateAsync();
        scene.Spool(5000, 4095, 4096, 3);
        scene.SpoolText("00000002.history", History);
        var order = new List<string>();
        scene.LocalStorage.Fault = (method, key) =>
        {
            if (method == "PutAsync")
                order.Add(RepositoryLayout.WalFileOf(key)!.Value.Name);
            return null;
        };
        await scene.ArchiveAsync(inFlight: 1);
        Assert.Equal(
            ["00000002.history", .. new uint[] { 3, 4095, 4096, 5000 }.Select(n => WalScene.Segment(n).ToString())],
            order);
    }

    public static TheoryData<string, string> Damage => new()
    {
        { "truncated", "bytes, but the cluster's segments have" },
        { "empty", "bytes, but the cluster's segments have" },
        { "foreign", "system identifier 42" },
        { "flag", "does not start with the page header" },
        { "address", "its first page is that of" },
        { "timeline", "its first page is on timeline 9" },
        { "segment size", "segments have" },
    };

    [Theory]
    [MemberData(nameof(Damage))]
    public async Task A_segment_that_is_not_what_its_name_says_is_moved_aside_while_later_ones_flow(
        string damage, string words)
    {
        await using var scene = await WalScene.CreateAsync();
        var segment = WalScene.Segment(3);
        var bytes = WalScene.BytesOf(segment);
        switch (damage)
        {
            case "truncated": bytes = bytes[..^1]; break;
            case "empty": bytes = []; break;
            case "foreign": bytes = TestSegments.Make(segment, new SystemIdentifier(42), WalScene.Size); break;
            case "flag": bytes[2] ^= 2; break;
            case "address": bytes[10] ^= 0x10; break;
            case "timeline": bytes[4] = 9; break;
            default: bytes[34] ^= 0x30; break;
        }

        File.WriteAllBytes(scene.InSpool(segment.ToString()), bytes);
        scene.Spool(4, 5);

        var result = await scene.ArchiveAsync();

        Assert.Equal(2, result.Files);
        var fault = Assert.Single(result.Faults);
        Assert.Equal(segment.ToString(), fault.File);
        Assert.Equal(ErrorCodes.WalInvalid.Code, fault.Code);
        Assert.Contains(words, fault.WhatHappened, StringComparison.Ordinal);
        Assert.Contains("highwater backup", fault.Remedy, StringComparison.Ordinal);
        Assert.Equal(scene.InQuarantine(segment.ToString()), fault.MovedTo);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(fault.MovedTo!, WalScene.Token));
        Assert.Equal(
            ["000000010000000000000004", "000000010000000000000005"], await WalScene.NamesAsync(scene.LocalArchive));
        Assert.Empty(scene.Spooled());
    }

    [Fact]
    public async Task The_first_segment_of_a_timeline_may_begin_with_pages_of_its_parent()
    {
        await using var scene = await WalScene.CreateAsync();
        var segment = WalScene.Segment(7, timeline: 2);
        File.WriteAllBytes(
            scene.InSpool(segment.ToString()),
            TestSegments.Make(segment, WalScene.Cluster, WalScene.Size, pageTimeline: 1));
        Assert.Equal(1, (await scene.ArchiveAsync()).Files);
    }

    [Fact]
    public async Task Other_bytes_under_a_name_in_use_are_a_conflict_that_names_both_and_keeps_both()
    {
        await using var scene = await WalScene.CreateAsync();
        scene.Spool(3);
        await scene.ArchiveAsync();
        var segment = WalScene.Segment(3);
        var other = WalScene.BytesOf(segment, seed: 2);
        File.WriteAllBytes(scene.InSpool(segment.ToString()), other);
        scene.Spool(4);

        var result = await scene.ArchiveAsync();

        Assert.Equal(1, result.Files);
        var fault = Assert.Single(result.Faults);
        Assert.Equal(ErrorCodes.WalConflict.Code, fault.Code);
        Assert.Contains(Engine.Storage.Sha256Hash.Of(other).ToString(), fault.WhatHappened, StringComparison.Ordinal);
        Assert.Contains(
            Engine.Storage.Sha256Hash.Of(WalScene.BytesOf(segment)).ToString(),
            fault.WhatHappened,
            StringComparison.Ordinal);
        Assert.Contains("archive_command", fault.Remedy, StringComparison.Ordinal);
        Assert.Equal(WalScene.BytesOf(segment), await WalScene.ReadAsync(scene.LocalArchive, segment.ToString()));
        Assert.Equal(other, await File.ReadAllBytesAsync(scene.InQuarantine(segment.ToString()), WalScene.Token));

        // The same mishap again keeps what was moved aside before.
        File.WriteAllBytes(scene.InSpool(segment.ToString()), WalScene.BytesOf(segment, seed: 3));
        var again = Assert.Single((await scene.ArchiveAsync()).Faults);
        Assert.Equal(scene.InQuarantine(segment + ".2"), again.MovedTo);
        Assert.Equal(other, await File.ReadAllBytesAsync(scene.InQuarantine(segment.ToString()), WalScene.Token));
    }

    [Fact]
    public async Task A_second_history_of_a_timeline_is_a_conflict()
    {
        await using var scene = await WalScene.CreateAsync();
        scene.SpoolText("00000002.history", History);
        await scene.ArchiveAsync();
        scene.SpoolText("00000002.history", "1\t0/800000\tno recovery target specified\n");
        Assert.Equal(ErrorCodes.WalConflict.Code, Assert.Single((await scene.ArchiveAsync()).Faults).Code);
        scene.SpoolText("00000003.history", "this is no history\n");
        Assert.Equal(ErrorCodes.WalInvalid.Code, Assert.Single((await scene.ArchiveAsync()).Faults).Code);
        Assert.Equal(
            History, Encoding.UTF8.GetString(await WalScene.ReadAsync(scene.LocalArchive, "00000002.history")));
    }

    [Theory]
    [InlineData("PutAsync")]
    [InlineData("HashAsync")]
    public async Task Stopped_between_put_and_removal_the_next_run_finishes_without_storing_twice(string lastCall)
    {
        await using var scene = await WalScene.CreateAsync();
        scene.Spool(3, 4);
        scene.LocalStorage.LostAnswer = (method, key) =>
            method == lastCall && key.Contains("wal-archive", StringComparison.Ordinal)
            ? new TransientException(ErrorCodes.StorageUnreachable, "The answer was lost.", "run again")
            : null;
        await Assert.ThrowsAsync<TransientException>(() => scene.ArchiveAsync(inFlight: 1));
        Assert.Equal(2, scene.Spooled().Length);
        scene.LocalStorage.LostAnswer = (_, _) => null;
        Assert.Equal(2, (await scene.ArchiveAsync()).Files);
        Assert.Empty(scene.Spooled());
        Assert.Equal(2, (await WalScene.NamesAsync(scene.LocalArchive)).Length);
    }

    [Fact]
    public async Task A_file_whose_stored_bytes_cannot_be_read_back_stays_in_the_spool()
    {
        await using var scene = await WalScene.CreateAsync();
        scene.Spool(3, 4);
        scene.LocalStorage.LostAnswer = (method, key) =>
        {
            if (method == "PutAsync" && key.Contains("03.zst", StringComparison.Ordinal))
            {
                // The disk lies: what was acknowledged is not what is there.
                var path = Path.Combine(scene.LocalPath, key);
                var bytes = File.ReadAllBytes(path);
                bytes[^1000] ^= 1;
                File.WriteAllBytes(path, bytes);
            }

            return null;
        };
        foreach (var filesTaken in (int[])[1, 0])
        {
            var result = await scene.ArchiveAsync();
            Assert.Equal(filesTaken, result.Files);
            var fault = Assert.Single(result.Faults);
            Assert.Equal(ErrorCodes.RepositoryDamaged.Code, fault.Code);
            Assert.Null(fault.MovedTo);
            Assert.Equal(["000000010000000000000003"], scene.Spooled());
        }
    }

    [Fact]
    public async Task A_full_disk_is_transient_and_leaves_the_spool_as_it_was()
    {
        using var disk = new SmallFileSystem(2);
        await using var scene = await WalScene.CreateAsync();
        await using var storage = new LocalStorage(Path.Combine(disk.Path, "local"));
        var small = await BackupRepository.OpenOrCreateAsync(
            "local",
            storage,
            new ClusterIdentity(WalScene.Cluster, 15, WalScene.Size),
            TimeProvider.System,
            WalScene.Token);
        scene.Spool(1, 2, 3, 4, 5, 6);
        var archive = scene.Archiver();
        var error = await Assert.ThrowsAsync<TransientException>(() => archive.RunAsync(small, WalScene.Token));
        Assert.Equal(ErrorCodes.StorageFull, error.Code);
        var stored = await WalScene.NamesAsync(new WalArchive(small));
        Assert.NotEmpty(stored);
        var all = stored.Concat(scene.Spooled()).ToHashSet(StringComparer.Ordinal);
        Assert.Equal(6, all.Count);
        foreach (var name in stored)
            await WalScene.ReadAsync(new WalArchive(small), name);

        // Room again: the rest goes the ordinary way.
        Assert.NotEmpty(scene.Spooled());
        await scene.ArchiveAsync();
        Assert.Empty(scene.Spooled());
    }

    [Fact]
    public async Task Runs_at_the_same_time_lose_nothing()
    {
        await using var scene = await WalScene.CreateAsync();
        var numbers = Enumerable.Range(1, 40).Select(n => (uint)n).ToArray();
        scene.Spool(numbers);
        var results = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => scene.ArchiveAsync())));
        Assert.All(results, r => Assert.Empty(r.Faults));
        Assert.Empty(scene.Spooled());
        Assert.False(Directory.Exists(scene.InQuarantine("")));
        foreach (var number in numbers)
        {
            var segment = WalScene.Segment(number);
            Assert.Equal(WalScene.BytesOf(segment), await WalScene.ReadAsync(scene.LocalArchive, segment.ToString()));
        }
    }

    [Fact]
    public async Task A_missing_spool_is_named_with_the_command_that_makes_it()
    {
        await using var scene = await WalScene.CreateAsync();
        Directory.Delete(scene.SpoolPath);
        var error = await Assert.ThrowsAsync<HighwaterException>(() => scene.ArchiveAsync());
        Assert.Equal(ErrorCodes.SpoolUnusable, error.Code);
        Assert.Contains($"install -d -m 2770", error.Remedy, StringComparison.Ordinal);
        Assert.Contains(scene.SpoolPath, error.Remedy, StringComparison.Ordinal);
    }
}
