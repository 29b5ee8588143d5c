using Highwater.EmbeddedHost.State;

namespace Highwater.EmbeddedHost.Tests.State;

public sealed class StateDamageTests : IDisposable
{
    private const int SetAside = 7301;

    private readonly StateFolder _folder = new();

    [Theory]
    [InlineData("garbage")]
    [InlineData("empty")]
    [InlineData("half")]
    [InlineData("odd length")]
    [InlineData("header")]
    [InlineData("middle")]
    [InlineData("schema")]
    public void A_damaged_file_is_set_aside_as_it_was_and_a_new_one_begun(string damage)
    {
        _folder.Fill(200);
        var bytes = Damaged(damage, File.ReadAllBytes(_folder.Database));
        File.WriteAllBytes(_folder.Database, bytes);

        using var database = _folder.Open();

        Assert.Empty(StateFolder.InstancesIn(database));
        StateFolder.AddInstance(database, "new");
        var kept = Assert.Single(_folder.SetAside, path => !path.EndsWith("-wal", StringComparison.Ordinal));
        Assert.Equal(bytes, File.ReadAllBytes(kept));
        Assert.Contains(kept, Assert.Single(_folder.Log.Of(SetAside)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_lost_file_is_said_to_be_damaged_and_its_log_is_kept()
    {
        FillAndKill();
        var log = File.ReadAllBytes(_folder.Database + "-wal");
        File.Delete(_folder.Database);

        using var database = _folder.Open();

        Assert.Empty(StateFolder.InstancesIn(database));
        Assert.Equal(log, File.ReadAllBytes(Assert.Single(_folder.SetAside)));
        Assert.Single(_folder.Log.Of(SetAside));
    }

    [Fact]
    public void Damage_in_the_log_costs_at_most_what_is_in_it()
    {
        FillAndKill();
        var (file, log) = (File.ReadAllBytes(_folder.Database), File.ReadAllBytes(_folder.Database + "-wal"));
        foreach (var damage in new[] { "garbage", "empty", "half", "odd length", "header", "middle" })
        {
            using var folder = new StateFolder();
            File.WriteAllBytes(folder.Database, file);
            File.WriteAllBytes(folder.Database + "-wal", Damaged(damage, [.. log]));

            using var database = folder.Open();

            var kept = StateFolder.InstancesIn(database);
            Assert.InRange(kept.Count, 50, 70);
            Assert.Equal(Enumerable.Range(0, kept.Count).Select(i => $"i{i:D5}"), kept);
            StateFolder.AddInstance(database, "new");
        }
    }

    [Fact]
    public void Whatever_bits_flip_the_database_opens_and_works()
    {
        _folder.Fill(20);
        var whole = File.ReadAllBytes(_folder.Database);

        // The same ones every time: what is found here has to be found again.
        var random = new Random(20261122);
        for (var run = 0; run < 80; run++)
        {
            using var folder = new StateFolder();
            var bytes = whole.ToArray();
            for (var flip = random.Next(1, 5); flip > 0; flip--)
            {
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            }

            File.WriteAllBytes(folder.Database, bytes);
            using var database = folder.Open();
            StateFolder.AddInstance(database, "new");
            Assert.Contains("new", database.Read(session => session.SearchInstances(new(), null, 100))
                .Select(row => row.InstanceId));
            Assert.NotEmpty(database.Read(session => session.ReadHistory("new")));
            Assert.Contains("new", database.Read(session => session.InstancesWithMail(DateTimeOffset.MaxValue)));
        }
    }

    [Fact]
    public void Damage_that_shows_while_the_host_runs_is_set_aside_as_well()
    {
        // More than SQLite caches, so that it has to read what it finds damaged.
        _folder.Fill(300, dataLength: 50_000);
        using var database = _folder.Open();
        using (var file = new FileStream(_folder.Database, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.Position = 4096;
            file.Write(new byte[(int)file.Length - 4096]);
        }

        var failure = Record.Exception(() =>
        {
            for (var i = 0; i < 300; i++)
            {
                database.Read(session => session.ReadHistory($"i{i:D5}"));
            }
        });
        StateFolder.AddInstance(database, "new");

        Assert.True(StateDamagedException.IsDamage(failure!), failure?.ToString());
        Assert.Equal(["new"], StateFolder.InstancesIn(database));
        Assert.Single(_folder.Log.Of(SetAside));
    }

    [Fact]
    public void Only_the_newest_damaged_files_are_kept_each_with_its_log()
    {
        for (var hour = 1; hour <= 5; hour++)
        {
            File.WriteAllText(_folder.Database, $"{hour}");
            File.WriteAllText(_folder.Database + "-wal", $"{hour}");
            _folder.Files.SetAside(new DateTimeOffset(2026, 11, 22, hour, 0, 0, TimeSpan.Zero));
        }

        Assert.Equal(
            ["3", "3", "4", "4", "5", "5"], _folder.SetAside.Select(File.ReadAllText));
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Fifty instances in the file and twenty more that are only in the log, as a kill leaves it.</summary>
    private void FillAndKill()
    {
        _folder.Fill(50);
        using var running = _folder.Open();
        for (var i = 50; i < 70; i++)
        {
            StateFolder.AddInstance(running, $"i{i:D5}");
        }

        var files = Directory.GetFiles(_folder.Path).ToDictionary(path => path, File.ReadAllBytes);
        running.Dispose();
        foreach (var (path, bytes) in files)
        {
            File.WriteAllBytes(path, bytes);
        }

        File.Delete(_folder.Database + "-shm");
    }

    private static byte[] Damaged(string damage, byte[] bytes)
    {
        switch (damage)
        {
            case "garbage":
                new Random(1).NextBytes(bytes);
                return bytes;
            case "empty":
                return [];
            case "half":
                return bytes[..(bytes.Length / 8192 * 4096)];
            case "odd length":
                return bytes[..^1000];
            case "header":
                bytes.AsSpan(0, 100).Clear();
                return bytes;
            case "middle":
                bytes.AsSpan(bytes.Length / 2, 10_000).Fill(0x5a);
                return bytes;
            case "schema":
                // The same length, another name: SQLite itself finds nothing wrong with that.
                var name = "activities"u8;
                while (bytes.AsSpan().IndexOf(name) is var at and >= 0)
                {
                    bytes[at] ^= 1;
                }

                return bytes;
            default:
                throw new ArgumentException(damage);
        }
    }
}
