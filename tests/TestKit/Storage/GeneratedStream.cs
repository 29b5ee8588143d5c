namespace Highwater.TestKit.Storage;

/// <summary>A stream of the given length whose bytes repeat a random block, each repetition marked with its
/// number.</summary>
public sealed class GeneratedStream : Stream
{
    private const int BlockBytes = 1 << 20;

    private readonly long length;
    private readonly byte[] block;
    private long position;

    public GeneratedStream(long length, int seed)
    {
        this.length = length;
        block = TestBytes.Of(BlockBytes, seed);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => position;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        var offset = (int)(position % BlockBytes);
        if (offset == 0)
            BitConverter.TryWriteBytes(block, position);
        var count = (int)Math.Min(Math.Min(buffer.Length, BlockBytes - offset), length - position);
        block.AsSpan(offset, count).CopyTo(buffer);
        position += count;
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
