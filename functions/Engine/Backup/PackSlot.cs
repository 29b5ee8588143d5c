using Highwater.Engine.Repository;

namespace Highwater.Engine.Backup;

/// <summary>A pack this backup may refer to. Its name is known once it is closed.</summary>
public sealed class PackSlot(int number)
{
    /// <summary>Its number in the <see cref="PackTable"/>.</summary>
    public int Number => number;

    /// <summary>Name and length; null while the pack is being built.</summary>
    public ObjectReference? Closed { get; set; }

    /// <summary>Whether a file of this backup has a chunk in it.</summary>
    public bool Referenced { get; set; }
}
