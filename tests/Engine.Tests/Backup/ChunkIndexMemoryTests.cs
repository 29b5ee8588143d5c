using System.Runtime.CompilerServices;
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
        // A quarter of them: it grows by doubling, so that four times as many take four times as much. Measured by what
        // its end gives back: what other tests have left behind may go at any time before.
        var with = MeasureWith(ChunkIndex.DefaultCapacity / 4);
        var megabytes = (with - GC.GetTotalMemory(forceFullCollection: true)) >> 20;
        Assert.InRange(4 * megabytes, 100, 360);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long MeasureWith(int chunks)
    {
        var index = new ChunkIndex();
        Span<byte> hash = stackalloc byte[Sha256Hash.Size];
        var random = new Random(5);
        for (var number = 0; number < chunks; number++)
        {
            random.NextBytes(hash);
            index.Add(new Sha256Hash(hash), new ChunkLocation(1, 0, 1));
        }

        var bytes = GC.GetTotalMemory(forceFullCollection: true);
        Assert.Equal(chunks, index.Count);
        return bytes;
    }
}
