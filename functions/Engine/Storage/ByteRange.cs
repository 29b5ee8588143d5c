namespace Highwater.Engine.Storage;

/// <summary>A part of an object.</summary>
/// <param name="Offset">Of the first byte, from 0.</param>
/// <param name="Length">In bytes.</param>
public readonly record struct ByteRange(long Offset, long Length);
