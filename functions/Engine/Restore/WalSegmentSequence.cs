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
    private Stream? current;
    private int next;

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

    public override async ValueTask DisposeAsync()
    {
        if (current is not null)
            await current.DisposeAsync();
        await base.DisposeAsync();
    }
}
