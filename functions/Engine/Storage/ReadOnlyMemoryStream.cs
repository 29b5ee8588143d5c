using System.Runtime.InteropServices;

namespace Highwater.Engine.Storage;

/// <summary>A readable, seekable stream over memory that is not copied.</summary>
internal sealed class ReadOnlyMemoryStream(ReadOnlyMemory<byte> bytes) : MemoryStream(
    MemoryMarshal.TryGetArray(bytes, out var segment) ? segment.Array! : bytes.ToArray(),
    segment.Array is null ? 0 : segment.Offset,
    bytes.Length,
    writable: false);
