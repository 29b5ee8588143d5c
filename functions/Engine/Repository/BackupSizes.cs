namespace Highwater.Engine.Repository;

/// <summary>What a base backup holds and what it cost, in bytes unless a count is meant.</summary>
/// <param name="Files">How many regular files it holds.</param>
/// <param name="DatabaseBytes">Sum of the files' sizes.</param>
/// <param name="NewChunkBytes">Plain bytes of chunks that no pack held before.</param>
/// <param name="StoredBytes">Bytes this backup added to the repository as packs.</param>
/// <param name="ReferencedBytes">Length of all packs it names, shared ones included.</param>
public sealed record BackupSizes(
    long Files, long DatabaseBytes, long NewChunkBytes, long StoredBytes, long ReferencedBytes);
