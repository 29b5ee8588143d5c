using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Highwater.Engine.Storage;

namespace Highwater.Engine.Backup;

/// <summary>
/// Which chunks are stored, and where: an open-addressing table of 20 bytes a slot, so that a terabyte of chunks fits
/// in memory. It keeps 96 bits of each SHA-256: among ten million chunks two different ones agree in those with a
/// probability below 10^-14. It grows in 256 parts, one at a time, so that growing never needs twice its size. Safe for
/// concurrent use.
/// </summary>
public sealed class ChunkIndex
{
    /// <summary>Beyond this many chunks (1.2 TiB that are not zero) nothing more is remembered: memory stays
    /// bounded.</summary>
    public const int DefaultCapacity = 10_000_000;

    private readonly Part[] _parts = [.. Enumerable.Range(0, 256).Select(_ => new Part())];
    private readonly int _capacity;
    private int _count;

    public ChunkIndex(int capacity = DefaultCapacity)
    {
        _capacity = capacity;
    }

    /// <summary>How many chunks are remembered.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Whether a chunk was refused because the index is full.</summary>
    public bool Overflowed { get; private set; }

    /// <summary>Finds a chunk.</summary>
    public bool TryFind(Sha256Hash chunk, out ChunkLocation location)
    {
        var key = Key.Of(chunk);
        var part = _parts[key.Part];
        lock (part)
        {
            var packed = part.Find(key);
            location = ChunkLocation.Unpack(packed);
            return packed != 0;
        }
    }

    /// <summary>Remembers a chunk unless one with this hash is remembered already, or the index is full.</summary>
    public void Add(Sha256Hash chunk, ChunkLocation location)
    {
        if (Count >= _capacity)
        {
            Overflowed = true;
            return;
        }

        var key = Key.Of(chunk);
        var part = _parts[key.Part];
        lock (part)
        {
            if (part.TryAdd(key, location.Packed))
                Interlocked.Increment(ref _count);
        }
    }

    private readonly record struct Key(int Part, ulong High, uint Low)
    {
        public static Key Of(Sha256Hash chunk)
        {
            Span<byte> bytes = stackalloc byte[Sha256Hash.Size];
            chunk.CopyTo(bytes);
            return new Key(
                bytes[31], BinaryPrimitives.ReadUInt64BigEndian(bytes),
                BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]));
        }
    }

    private sealed class Part
    {
        private Slot[] _slots = new Slot[64];
        private int _used;

        public ulong Find(Key key) => _slots[SlotOf(_slots, key)].Location;

        public bool TryAdd(Key key, ulong location)
        {
            if (_used >= _slots.Length / 4 * 3)
                Grow();
            ref var slot = ref _slots[SlotOf(_slots, key)];
            if (slot.Location != 0)
                return false;
            slot = new Slot(key.High, location, key.Low);
            _used++;
            return true;
        }

        private static int SlotOf(Slot[] slots, Key key)
        {
            var mask = slots.Length - 1;
            var at = (int)key.High & mask;
            while (slots[at].Location != 0 && (slots[at].High != key.High || slots[at].Low != key.Low))
                at = (at + 1) & mask;
            return at;
        }

        private void Grow()
        {
            var larger = new Slot[_slots.Length * 2];
            foreach (var slot in _slots.Where(slot => slot.Location != 0))
                larger[SlotOf(larger, new Key(0, slot.High, slot.Low))] = slot;
            _slots = larger;
        }

        [StructLayout(LayoutKind.Sequential, Pack = 4)]
        private readonly record struct Slot(ulong High, ulong Location, uint Low);
    }
}
