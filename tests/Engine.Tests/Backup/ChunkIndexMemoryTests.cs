using Highwater.Engine.Backup;
using Highwater.Engine.Storage;

namespace Highwater.Engine.Tests.Backup;

/// <summary>Alone in the process while it measures.</summary>
[Collection(nameof(ChunkIndexMemoryTests))]
[CollectionDefinition(nameof(ChunkIndexMemoryTests), DisableParallelization = true)]
public sealed class ChunkIndexMemoryTests
{
    [Fact]
    public void Ten_million_chunks_leave_room_below_500_MB()
    {
        // A quarter of them: it grows by doubling, so that four times as many take four times as much.
        const int Quarter = ChunkIndex.DefaultCapacity / 4;
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var index = new ChunkIndex();
        Span<byte> hash = stackalloc byte[Sha256Hash.Size];
        var random = new Random(5);
        for (var number = 0; number < Quarter; number++)
        {
            random.NextBytes(hash);
            index.Add(new Sha256Hash(hash), new ChunkLocation(1, 0, 1));
        }

        var megabytes = (GC.GetTotalMemory(forceFullCollection: true) - before) >> 20;
        Assert.Equal(Quarter, index.Count);
        Assert.InRange(4 * megabytes, 100, 360);
    }
}
