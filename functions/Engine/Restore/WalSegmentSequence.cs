using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;

namespace Highwater.Engine.Restore;

/// <summary>
/// The plain bytes of segments, one behind the other, each opened when it is reached: a record may begin in one and end
/// in the next. Read forward only.
/// </summary>
internal sealed class WalSegmentSequence(WalArchive archive, IReadOnlyList<WalSegmentName> segments) : Stream
{
    private Stream? current;
    private int next;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="Errors.HighwaterException">As <see cref="WalArchive.OpenReadAsync"/>.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (current is not null)
            {
                var count = await current.ReadAsync(buffer, cancellationToken);
                if (count > 0 || buffer.Length == 0)
                    return count;
                await current.DisposeAsync();
                current = null;
            }

            if (next == segments.Count)
                return 0;
            current = new BufferedStream(
                await archive.OpenReadAsync(WalFileName.Of(segments[next++]), cancellationToken), 1 << 18);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        if (current is not null)
            await current.DisposeAsync();
        await base.DisposeAsync();
    }
}
