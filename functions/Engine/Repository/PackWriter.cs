using System.Buffers;
using System.Formats.Tar;
using Highwater.Engine.Storage;

namespace Highwater.Engine.Repository;

/// <summary>
/// Builds one pack in memory. The same chunks in the same order give the same bytes, wherever and whenever: a backup
/// that is repeated makes the packs it made before. Not for concurrent use.
/// </summary>
public sealed class PackWriter : IDisposable
{
    // The last chunk may begin just below the target; incompressible bytes grow a little under zstd.
    private const int Room = PackFormat.TargetLength + (1 << 20);

    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(Room);
    private readonly MemoryStream _stream;
    private readonly TarWriter _tar;
    private bool _finished;

    public PackWriter()
    {
        _stream = new MemoryStream(_buffer, 0, Room);
        _tar = new TarWriter(_stream, TarEntryFormat.Ustar, leaveOpen: true);
    }

    /// <summary>How many chunks it holds.</summary>
    public int Count { get; private set; }

    /// <summary>Whether it has reached the length at which a pack is closed.</summary>
    public bool IsFull => _stream.Position >= PackFormat.TargetLength;

    /// <summary>Adds a chunk.</summary>
    /// <param name="chunk">SHA-256 of the plain bytes.</param>
    /// <param name="compressed">One zstd frame, shorter than 512 KiB.</param>
    /// <returns>Where its compressed bytes begin.</returns>
    public long Add(Sha256Hash chunk, ReadOnlyMemory<byte> compressed)
    {
        var offset = _stream.Position + PackFormat.Block;
        _tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, PackFormat.MemberName(chunk))
        {
            Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            ModificationTime = DateTimeOffset.UnixEpoch,
            DataStream = new ReadOnlyMemoryStream(compressed),
        });
        Count++;
        return offset;
    }

    /// <summary>Closes the pack and gives it as content to put, valid until disposal. Nothing can be added
    /// afterwards.</summary>
    public ObjectContent Finish()
    {
        if (!_finished)
            _tar.Dispose();
        _finished = true;
        return ObjectContent.FromBytes(_buffer.AsMemory(0, (int)_stream.Position));
    }

    public void Dispose()
    {
        if (!_finished)
            _tar.Dispose();
        _finished = true;
        _stream.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
    }
}
