namespace Highwater.Engine.Storage;

/// <summary>What a storage tells of itself, for status and checks.</summary>
/// <param name="Durability">What stands behind an acknowledged put.</param>
/// <param name="HashesRemotely">Whether hashing happens beside the bytes (local disk, or <c>sha256sum</c> over SSH)
/// rather than by reading them over the network.</param>
/// <param name="FreeBytes">Free space for this user, or null where the storage cannot tell.</param>
/// <param name="TotalBytes">Size of the file system, or null.</param>
public sealed record StorageFacts(Durability Durability, bool HashesRemotely, long? FreeBytes, long? TotalBytes);
