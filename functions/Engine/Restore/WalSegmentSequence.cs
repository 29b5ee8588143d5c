using Highwater.Engine.Formats;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;

namespace Highwater.Engine.Restore;

/// <summary>
/// The plain bytes of segments, one behind the other, each opened when it is reached: a record may begin in one and end
/// in the next. Read forward only.
/// </summary>
internal sealed class WalSegmentSequence(WalArchive archive, IReadOnlyList<WalSegmentName> segments) : ForwardReadStream
{
    private Stream? _current;
    private int _next;

    /// <exception cref="Errors.HighwaterException">As <see cref="WalArchive.OpenReadAsync"/>.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (_current is not null)
            {
                var count = await _current.ReadAsync(buffer, cancellationToken);
                if (count > 0 || buffer.Length == 0)
                    return count;
                await _current.DisposeAsync();
                _current = null;
            }

            if (_next == segments.Count)
                return 0;
            _current = new BufferedStream(
                await archive.OpenReadAsync(WalFileName.Of(segments[_next++]), cancellationToken), 1 << 18);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        if (_current is not null)
            await _current.DisposeAsync();
        await base.DisposeAsync();
    }
}
