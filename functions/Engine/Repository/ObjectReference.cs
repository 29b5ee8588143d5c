using Highwater.Engine.Storage;

namespace Highwater.Engine.Repository;

/// <summary>An immutable object as another one names it.</summary>
/// <param name="Sha256">Of its bytes as stored.</param>
/// <param name="Length">Of its bytes as stored.</param>
public sealed record ObjectReference(Sha256Hash Sha256, long Length);
