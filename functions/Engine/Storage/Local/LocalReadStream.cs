using Highwater.Engine.Formats;

namespace Highwater.Engine.Storage.Local;

/// <summary>A file, or a part of it, with disk errors said in the storage's words.</summary>
internal sealed class LocalReadStream(FileStream file, ByteRange? range, string root) : ForwardReadStream
{
    private long _left = range?.Length ?? long.MaxValue;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_left == 0 || buffer.IsEmpty)
            return 0;
        int count;
        try
        {
            count = await file.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _left)], cancellationToken);
        }
        catch (Exception fault) when (LocalErrors.IsFileTrouble(fault))
        {
            throw LocalErrors.Translate(fault, "reading", file.Name, root, 0);
        }

        if (count == 0 && range is { } asked)
            throw StorageErrors.ShortRange(file.Name, asked, asked.Offset + asked.Length - _left);
        _left -= count;
        return count;
    }

    public override async ValueTask DisposeAsync()
    {
        await file.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            file.Dispose();
        base.Dispose(disposing);
    }
}
