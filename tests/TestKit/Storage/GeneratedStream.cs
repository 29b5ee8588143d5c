namespace Highwater.TestKit.Storage;

/// <summary>A stream of the given length whose bytes repeat a random block, each repetition marked with its
/// number.</summary>
public sealed class GeneratedStream : Stream
{
    private const int BlockBytes = 1 << 20;

    private readonly long _length;
    private readonly byte[] _block;
    private long _position;

    public GeneratedStream(long length, int seed)
    {
        _length = length;
        _block = TestBytes.Of(BlockBytes, seed);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => _length;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        var offset = (int)(_position % BlockBytes);
        if (offset == 0)
            BitConverter.TryWriteBytes(_block, _position);
        var count = (int)Math.Min(Math.Min(buffer.Length, BlockBytes - offset), _length - _position);
        _block.AsSpan(offset, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(Read(buffer.Span));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
