using Highwater.Engine.Formats;
using Microsoft.Win32.SafeHandles;

namespace Highwater.Engine.WalArchiving.Streaming;

/// <summary>A part of a file that may still grow behind it.</summary>
internal sealed class FileSlice(SafeFileHandle file, long from, long to) : ForwardReadStream
{
    private long _position = from;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var wanted = (int)Math.Min(buffer.Length, to - _position);
        if (wanted == 0)
            return 0;
        var count = await RandomAccess.ReadAsync(file, buffer[..wanted], _position, cancellationToken);
        _position += count;
        return count;
    }

    public override async ValueTask DisposeAsync()
    {
        file.Dispose();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            file.Dispose();
        base.Dispose(disposing);
    }
}
