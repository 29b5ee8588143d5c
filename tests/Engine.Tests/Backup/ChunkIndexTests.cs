using CsCheck;
using Highwater.Engine.Backup;
using Highwater.Engine.Storage;

namespace Highwater.Engine.Tests.Backup;

public sealed class ChunkIndexTests
{
    private static readonly Gen<ChunkLocation> Location = Gen.Select(
        Gen.Int[0, (1 << 29) - 2], Gen.Int[0, (1 << 17) - 1], Gen.Int[1, (1 << 18) - 1],
        (pack, block, length) => new ChunkLocation(pack, block * 512L, length));

    [Fact]
    public void Every_location_survives_packing() =>
        Location.Sample(location =>
        {
            Assert.NotEqual(0UL, location.Packed);
            Assert.Equal(location, ChunkLocation.Unpack(location.Packed));
        });

    /// <summary>Few different keys, so that most are added several times, and many that share their slots.</summary>
    [Fact]
    public void It_answers_as_a_dictionary_would() =>
        Gen.Select(Gen.Int[0, 3000], Location).Array[0, 5000].Sample(
            additions =>
            {
                var index = new ChunkIndex();
                var model = new Dictionary<Sha256Hash, ChunkLocation>();
                foreach (var (number, location) in additions)
                {
                    var chunk = Crowded(number);
                    Assert.Equal(model.TryGetValue(chunk, out var expected), index.TryFind(chunk, out var found));
                    Assert.Equal(expected, model.ContainsKey(chunk) ? found : default);
                    index.Add(chunk, location);
                    model.TryAdd(chunk, location);
                }

                Assert.Equal(model.Count, index.Count);
                for (var number = 0; number <= 3000; number++)
                {
                    var isThere = model.TryGetValue(Crowded(number), out var expected);
                    Assert.Equal(isThere, index.TryFind(Crowded(number), out var found));
                    if (isThere)
                        Assert.Equal(expected, found);
                }
            },
            iter: 12);

    [Fact]
    public void Beyond_its_capacity_it_forgets_and_says_so_but_never_lies()
    {
        var index = new ChunkIndex(capacity: 100);
        for (var number = 0; number < 300; number++)
        {
            Assert.Equal(number > 100, index.Overflowed);
            index.Add(Spread(number), new ChunkLocation(number, 0, 1));
        }

        Assert.Equal(100, index.Count);
        for (var number = 0; number < 300; number++)
        {
            Assert.Equal(number < 100, index.TryFind(Spread(number), out var found));
            if (number < 100)
                Assert.Equal(number, found.Pack);
        }
    }

    [Fact]
    public void What_many_threads_add_is_found_by_all()
    {
        var index = new ChunkIndex();
        const int Each = 20_000;
        Parallel.For(0, 4, thread =>
        {
            for (var number = 0; number < Each; number++)
            {
                index.Add(Spread((thread * Each) + number), new ChunkLocation(number, thread * 512, 9));
                Assert.True(index.TryFind(Spread((thread * Each) + number), out var found));
                Assert.Equal(new ChunkLocation(number, thread * 512, 9), found);
            }
        });
        Assert.Equal(4 * Each, index.Count);
    }

    private static Sha256Hash Spread(int number) => Sha256Hash.Of(BitConverter.GetBytes(number));

    /// <summary>Hashes that all fall on few slots and differ only in the last bytes that are kept.</summary>
    private static Sha256Hash Crowded(int number)
    {
        var bytes = new byte[Sha256Hash.Size];
        bytes[7] = (byte)(number & 3);
        BitConverter.TryWriteBytes(bytes.AsSpan(8), number);
        return new Sha256Hash(bytes);
    }
}
