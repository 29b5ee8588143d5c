namespace Highwater.Engine.Storage;

/// <summary>How a storage makes sure that what it acknowledged survives a power cut.</summary>
public enum Durability
{
    /// <summary>Files and their directories are flushed to the device before a put returns.</summary>
    Fsync,

    /// <summary>The device's flush is out of reach; the bytes are read back and hashed before a put returns.</summary>
    ReadBack,
}
