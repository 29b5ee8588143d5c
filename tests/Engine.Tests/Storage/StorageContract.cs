using System.Security.Cryptography;
using Highwater.Engine.Errors;
using Highwater.Engine.Storage;
using Highwater.TestKit.Storage;

namespace Highwater.Engine.Tests.Storage;

/// <summary>What every storage promises. Each implementation runs all of it, against the real thing.</summary>
public abstract class StorageContract
{
    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The storage under test, empty at first; its folder is not there yet.</summary>
    protected abstract IStorage Storage { get; }

    /// <summary>Where the storage's files really are on this machine.</summary>
    protected abstract string Folder { get; }

    /// <summary>The same kind of storage in another folder.</summary>
    protected abstract IStorage StorageIn(string folder);

    protected static async Task<byte[]> ReadAsync(IStorage storage, string key, ByteRange? range = null)
    {
        await using var stream = await storage.OpenReadAsync(key, range, Token);
        using var memory = new MemoryStream();
        await stream.CopyToAsync(memory, Token);
        return memory.ToArray();
    }

    protected static async Task<List<StorageEntry>> ListAsync(IStorage storage, string prefix)
    {
        var entries = new List<StorageEntry>();
        await foreach (var entry in storage.ListAsync(prefix, Token))
            entries.Add(entry);
        return entries;
    }

    protected async Task AssertNothingTemporaryAsync() => Assert.Empty(await ListAsync(Storage, "tmp/"));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3_000_000)]
    public async Task What_was_put_is_read_back(int length)
    {
        var bytes = TestBytes.Of(length);
        Assert.Equal(PutOutcome.Stored, await Storage.PutAsync("packs/ab/x.tar", ObjectContent.FromBytes(bytes),
            Token));
        Assert.Equal(bytes, await ReadAsync(Storage, "packs/ab/x.tar"));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(Path.Combine(Folder, "packs/ab/x.tar"), Token));
        await AssertNothingTemporaryAsync();
    }

    [Fact]
    public async Task Putting_the_same_bytes_again_sends_nothing()
    {
        var content = ObjectContent.FromBytes(TestBytes.Of(100_000));
        await Storage.PutAsync("a/b", content, Token);
        var opened = 0;
        var again = content with { OpenAsync = _ => throw new InvalidOperationException($"opened {++opened}") };
        Assert.Equal(PutOutcome.AlreadyThere, await Storage.PutAsync("a/b", again, Token));
        Assert.Equal(0, opened);
    }

    [Theory]
    [InlineData(1000, 2000)]
    [InlineData(1000, 1000)]
    public async Task Other_bytes_under_the_key_are_a_conflict_and_stay(int lengthThere, int lengthWanted)
    {
        var there = TestBytes.Of(lengthThere, seed: 1);
        await Storage.PutAsync("a", ObjectContent.FromBytes(there), Token);
        var wanted = ObjectContent.FromBytes(TestBytes.Of(lengthWanted, seed: 2));
        var error = await Assert.ThrowsAsync<HighwaterException>(() => Storage.PutAsync("a", wanted, Token));
        Assert.Equal(ErrorCodes.StorageConflict, error.Code);
        Assert.Equal(there, await ReadAsync(Storage, "a"));
        await AssertNothingTemporaryAsync();
    }

    [Fact]
    public async Task Bytes_that_are_not_what_was_announced_are_not_published()
    {
        var bytes = TestBytes.Of(200_000);
        var wrongHash = ObjectContent.FromBytes(bytes, Sha256Hash.Of([1, 2, 3]));
        var tooShort = ObjectContent.FromBytes(bytes) with { Length = 200_001 };
        foreach (var content in new[] { wrongHash, tooShort })
        {
            var error = await Assert.ThrowsAsync<HighwaterException>(() => Storage.PutAsync("a", content, Token));
            Assert.Equal(ErrorCodes.StorageContentMismatch, error.Code);
            Assert.Null(await Storage.StatAsync("a", Token));
        }

        await AssertNothingTemporaryAsync();
    }

    [Fact]
    public async Task A_source_that_breaks_in_the_middle_publishes_nothing_and_its_own_error_comes_out()
    {
        var whole = TestBytes.Stream(3_000_000);
        var broken = whole with
        {
            OpenAsync = _ => ValueTask.FromResult<Stream>(new BreakingStream(1_000_000, () =>
                new IOException("the source broke"))),
        };
        var error = await Assert.ThrowsAsync<IOException>(() => Storage.PutAsync("a", broken, Token));
        Assert.Equal("the source broke", error.Message);
        Assert.Null(await Storage.StatAsync("a", Token));
        await AssertNothingTemporaryAsync();
        Assert.Equal(PutOutcome.Stored, await Storage.PutAsync("a", whole, Token));
    }

    [Fact]
    public async Task A_cancelled_put_publishes_nothing_and_leaves_nothing()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var whole = TestBytes.Stream(3_000_000);
        var cancelling = whole with
        {
            OpenAsync = _ => ValueTask.FromResult<Stream>(new BreakingStream(1_000_000, () =>
            {
                cancel.Cancel();
                return new OperationCanceledException(cancel.Token);
            })),
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Storage.PutAsync("a", cancelling, cancel.Token));
        Assert.Null(await Storage.StatAsync("a", Token));
        await AssertNothingTemporaryAsync();
        Assert.Equal(PutOutcome.Stored, await Storage.PutAsync("a", whole, Token));
    }

    [Fact]
    public async Task Of_many_writers_of_the_same_bytes_one_stores_and_all_succeed()
    {
        var content = ObjectContent.FromBytes(TestBytes.Of(300_000));
        var outcomes = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
                Storage.PutAsync("packs/aa/one", content, Token), Token)));
        Assert.Single(outcomes, PutOutcome.Stored);
        await AssertNothingTemporaryAsync();
    }

    [Fact]
    public async Task Of_many_writers_of_different_bytes_one_wins_and_the_others_are_told()
    {
        var contents = Enumerable.Range(0, 6).Select(i => TestBytes.Of(200_000, seed: i)).ToList();
        var results = await Task.WhenAll(contents.Select(bytes => Task.Run(
            async () => await Record.ExceptionAsync(
                () => (Task)Storage.PutAsync("one", ObjectContent.FromBytes(bytes), Token)), Token)));
        Assert.Single(results, result => result is null);
        Assert.All(
            results.Where(result => result is not null),
            result => Assert.Equal(ErrorCodes.StorageConflict, Assert.IsType<HighwaterException>(result).Code));
        Assert.Contains(contents, bytes =>
            bytes.AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(Folder, "one"))));
        await AssertNothingTemporaryAsync();
    }

    [Fact]
    public async Task A_range_reads_just_that_part()
    {
        var bytes = TestBytes.Of(1_000_000);
        await Storage.PutAsync("a", ObjectContent.FromBytes(bytes), Token);
        foreach (var (offset, length) in new[] { (0, 10), (999_990, 10), (123_456, 300_000), (500, 0), (1_000_000, 0) })
            Assert.Equal(bytes[offset..(offset + length)], await ReadAsync(Storage, "a", new ByteRange(offset,
                length)));
    }

    [Fact]
    public async Task A_range_past_the_end_is_refused()
    {
        await Storage.PutAsync("a", ObjectContent.FromBytes(TestBytes.Of(1000)), Token);
        foreach (var range in new[] { new ByteRange(0, 1001), new ByteRange(1001, 0), new ByteRange(990, 11),
            new ByteRange(-1, 5) })
        {
            var error = await Assert.ThrowsAsync<HighwaterException>(() => Storage.OpenReadAsync("a", range, Token));
            Assert.Equal(ErrorCodes.StorageContentMismatch, error.Code);
        }
    }

    [Fact]
    public async Task What_is_absent_is_said_to_be_absent()
    {
        foreach (var key in new[] { "a", "no/such/folder/a" })
        {
            Assert.Null(await Storage.StatAsync(key, Token));
            foreach (var call in new Func<Task>[]
                { () => Storage.OpenReadAsync(key, null, Token), () => Storage.HashAsync(key, Token) })
            {
                var error = await Assert.ThrowsAsync<HighwaterException>(call);
                Assert.Equal(ErrorCodes.StorageObjectMissing, error.Code);
            }

            await Storage.DeleteAsync(key, Token);
        }

        Assert.Empty(await ListAsync(Storage, ""));
        Assert.Empty(await ListAsync(Storage, "no/such/folder/"));
    }

    [Fact]
    public async Task A_folder_is_not_an_object()
    {
        await Storage.PutAsync("folder/a", ObjectContent.FromBytes(new byte[10]), Token);
        Assert.Null(await Storage.StatAsync("folder", Token));
    }

    [Fact]
    public async Task Stat_tells_length_and_time()
    {
        var before = TimeProvider.System.GetUtcNow();
        await Storage.PutAsync("a/b/c", ObjectContent.FromBytes(new byte[777]), Token);
        var entry = await Storage.StatAsync("a/b/c", Token);
        Assert.Equal(("a/b/c", 777L), (entry!.Key, entry.Length));
        Assert.InRange(entry.ModifiedAt, before - TimeSpan.FromSeconds(2),
            TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task A_list_has_every_object_below_the_folder_and_no_temporary_one()
    {
        string[] keys = ["top", "packs/aa/1", "packs/bb/2", "packs/bb/3", "packs2/x",
            "base-backups/20261122T020000Z/backup.json"];
        foreach (var key in keys)
            await Storage.PutAsync(key, ObjectContent.FromBytes(TestBytes.Of(key.Length)), Token);
        await File.WriteAllBytesAsync(Path.Combine(Folder, "tmp/left"), [1], Token);
        Directory.CreateDirectory(Path.Combine(Folder, "lost+found"));
        await File.WriteAllBytesAsync(Path.Combine(Folder, "packs/aa/not a key"), [1], Token);

        Assert.Equal(keys.Order(), (await ListAsync(Storage, "")).Select(entry => entry.Key).Order());
        Assert.Equal(
            ["packs/aa/1", "packs/bb/2", "packs/bb/3"], (await ListAsync(Storage, "packs/")).Select(entry =>
                entry.Key).Order());
        Assert.Equal(["tmp/left"], (await ListAsync(Storage, "tmp/")).Select(entry => entry.Key));
        Assert.All(await ListAsync(Storage, "packs/"), entry => Assert.Equal(entry.Key.Length, entry.Length));
    }

    [Fact]
    public async Task What_is_deleted_is_gone_and_can_be_put_anew()
    {
        await Storage.PutAsync("a/b", ObjectContent.FromBytes(new byte[10]), Token);
        await Storage.DeleteAsync("a/b", Token);
        Assert.Null(await Storage.StatAsync("a/b", Token));
        await Storage.DeleteAsync("a/b", Token);
        Assert.Equal(PutOutcome.Stored, await Storage.PutAsync("a/b", ObjectContent.FromBytes(new byte[20]), Token));
    }

    [Fact]
    public async Task A_folder_removed_by_somebody_else_is_made_again()
    {
        await Storage.PutAsync("a/b/c", ObjectContent.FromBytes(new byte[10]), Token);
        Directory.Delete(Folder, recursive: true);
        await Storage.PutAsync("a/b/c", ObjectContent.FromBytes(new byte[10]), Token);
        Assert.Equal(10, (await Storage.StatAsync("a/b/c", Token))!.Length);
    }

    [Fact]
    public async Task Replace_writes_and_overwrites()
    {
        await Storage.ReplaceAsync("leases/one", "first"u8.ToArray(), Token);
        await Storage.ReplaceAsync("leases/one", "second, longer"u8.ToArray(), Token);
        await Storage.ReplaceAsync("leases/one", "third"u8.ToArray(), Token);
        Assert.Equal("third"u8.ToArray(), await ReadAsync(Storage, "leases/one"));
        await AssertNothingTemporaryAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData("../a")]
    [InlineData("a/../b")]
    [InlineData("./a")]
    [InlineData("a b")]
    [InlineData("a'b")]
    [InlineData("ä")]
    [InlineData("a\n")]
    public async Task What_is_not_a_key_is_refused_by_every_method(string key)
    {
        await Assert.ThrowsAnyAsync<ArgumentException>(() =>
            Storage.PutAsync(key, ObjectContent.FromBytes(new byte[1]), Token));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Storage.ReplaceAsync(key, new byte[1], Token));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Storage.OpenReadAsync(key, null, Token));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Storage.StatAsync(key, Token));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Storage.HashAsync(key, Token));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Storage.DeleteAsync(key, Token));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => ListAsync(Storage, key + "x/../"));
    }

    [Fact]
    public async Task A_big_object_passes_through_whole()
    {
        var content = TestBytes.Stream(100_000_000);
        await Storage.PutAsync("big", content, Token);

        await using var stream = await Storage.OpenReadAsync("big", null, Token);
        Assert.Equal(content.Hash, new Sha256Hash(await SHA256.HashDataAsync(stream, Token)));
        Assert.Equal(content.Hash, await Storage.HashAsync("big", Token));
    }

    [Fact]
    public async Task A_flipped_bit_is_seen_by_the_hash_and_by_the_next_put()
    {
        var content = ObjectContent.FromBytes(TestBytes.Of(500_000));
        await Storage.PutAsync("a", content, Token);
        Assert.Equal(content.Hash, await Storage.HashAsync("a", Token));
        await using (var file = File.Open(Path.Combine(Folder, "a"), FileMode.Open))
        {
            file.Position = 250_000;
            var flipped = (byte)(file.ReadByte() ^ 1);
            file.Position = 250_000;
            file.WriteByte(flipped);
        }

        Assert.NotEqual(content.Hash, await Storage.HashAsync("a", Token));
        var error = await Assert.ThrowsAsync<HighwaterException>(() => Storage.PutAsync("a", content, Token));
        Assert.Equal(ErrorCodes.StorageConflict, error.Code);
    }

    [Fact]
    public async Task A_full_disk_is_a_passing_trouble_that_names_the_space_and_leaves_nothing()
    {
        using var disk = new SmallFileSystem(megabytes: 8);
        await using var storage = StorageIn(Path.Combine(disk.Path, "repository"));
        await storage.PutAsync("small", ObjectContent.FromBytes(TestBytes.Of(1_000_000)), Token);

        var big = TestBytes.Stream(12_000_000);
        var error = await Assert.ThrowsAsync<TransientException>(() => storage.PutAsync("packs/aa/big", big, Token));
        Assert.Equal(ErrorCodes.StorageFull, error.Code);
        Assert.Contains("12,000,000 bytes needed", error.Message, StringComparison.Ordinal);
        Assert.Contains(" free in ", error.Message, StringComparison.Ordinal);
        Assert.Null(await storage.StatAsync("packs/aa/big", Token));
        Assert.Empty(await ListAsync(storage, "tmp/"));

        var fits = ObjectContent.FromBytes(TestBytes.Of(3_000_000));
        Assert.Equal(PutOutcome.Stored, await storage.PutAsync("packs/aa/fits", fits, Token));
        Assert.Equal(fits.Hash, await storage.HashAsync("packs/aa/fits", Token));
    }

    [Fact]
    public async Task Description_creates_the_folder_and_tells_the_room_left()
    {
        var facts = await Storage.DescribeAsync(Token);
        Assert.True(Directory.Exists(Folder));
        Assert.InRange(facts.FreeBytes!.Value, 1, facts.TotalBytes!.Value);
    }

    [Fact]
    public async Task Folders_are_closed_to_other_users()
    {
        await Storage.PutAsync("packs/aa/1", ObjectContent.FromBytes(new byte[1]), Token);
        foreach (var folder in new[] { "", "packs", "packs/aa", "tmp" })
        {
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
                File.GetUnixFileMode(Path.Combine(Folder, folder)));
        }
    }
}
