using Highwater.Engine.Repository;
using Highwater.Engine.Storage;

namespace Highwater.Engine.Backup;

/// <summary>Numbers the packs of one backup, those that were there and those it makes. Not for concurrent
/// use.</summary>
public sealed class PackTable
{
    private readonly List<PackSlot> _slots = [];
    private readonly Dictionary<Sha256Hash, PackSlot> _byName = [];

    /// <summary>The pack with a number.</summary>
    public PackSlot this[int number] => _slots[number];

    /// <summary>Every pack that a file of this backup has a chunk in.</summary>
    public IReadOnlyList<ObjectReference> Referenced =>
        [.. _slots.Where(slot => slot.Referenced).Select(slot => slot.Closed!)];

    /// <summary>The number of a pack that is in the repository.</summary>
    public PackSlot Existing(ObjectReference pack)
    {
        if (_byName.TryGetValue(pack.Sha256, out var slot))
            return slot;
        slot = Open();
        Close(slot, pack);
        return slot;
    }

    /// <summary>The number of a pack to be built.</summary>
    public PackSlot Open()
    {
        var slot = new PackSlot(_slots.Count);
        _slots.Add(slot);
        return slot;
    }

    /// <summary>Gives a built pack its name.</summary>
    public void Close(PackSlot slot, ObjectReference pack)
    {
        slot.Closed = pack;
        _byName.TryAdd(pack.Sha256, slot);
    }
}
