using Highwater.Engine.Errors;
using Highwater.Engine.Formats;
using Renci.SshNet.Common;
using Renci.SshNet.Sftp;

namespace Highwater.Engine.Storage.Sftp;

/// <summary>
/// An object, or a part of it, read with many requests under way at once. A connection that breaks in the middle is
/// made anew and reading goes on where it stopped: objects do not change.
/// </summary>
internal sealed class SftpReadStream : ForwardReadStream
{
    private readonly SftpCalls calls;
    private readonly string key;
    private readonly long end;
    private long position;
    private SftpLease? lease;
    private SftpFileStream? file;

    private SftpReadStream(SftpCalls calls, string key, long start, long end)
    {
        (this.calls, this.key) = (calls, key);
        (position, this.end) = (start, end);
    }

    private string Doing => $"reading {key}";

    public static async Task<Stream> OpenAsync(
        SftpCalls calls, string key, ByteRange? range, CancellationToken cancellationToken)
    {
        var (lease, file, length) = await calls.OpenFileAsync(key, range?.Offset ?? 0, cancellationToken);
        if (range is { } part && (part.Offset < 0 || part.Length < 0 || part.Offset + part.Length > length))
        {
            lease.Retire();
            lease.Dispose();
            throw StorageErrors.ShortRange(calls.PlaceOf(key), part, length);
        }

        var start = range?.Offset ?? 0;
        return new SftpReadStream(calls, key, start, start + (range?.Length ?? length))
        {
            lease = lease,
            file = file,
        };
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (position == end || buffer.IsEmpty)
            return 0;
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                if (file is null)
                    (lease, file, _) = await calls.OpenFileAsync(key, position, cancellationToken);
                var count = await file.ReadAsync(buffer[..(int)Math.Min(buffer.Length, end - position)],
                    cancellationToken);
                if (count == 0)
                    throw StorageErrors.ShortRange(calls.PlaceOf(key), new ByteRange(0, end), position);
                position += count;
                return count;
            }
            catch (Exception fault) when (fault is not HighwaterException)
            {
                var meaning = lease!.Explain(fault, Doing);
                if (meaning is SftpException refused)
                    throw calls.Errors.Refused(Doing, calls.PlaceOf(key), refused);
                if (meaning is not BrokenConnectionException broken)
                    throw meaning;
                Release();
                if (attempt == calls.Options.Retries)
                    throw calls.Errors.Unreachable(broken);
            }
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            CloseAsync().GetAwaiter().GetResult();
        base.Dispose(disposing);
    }

    private async Task CloseAsync()
    {
        if (file is { } open && lease is { } held)
        {
            file = null;
            try
            {
                await held.RunAsync("closing " + key, async _ => await open.DisposeAsync(), CancellationToken.None);
            }
            catch (Exception fault) when (fault is BrokenConnectionException or TransientException or SshException)
            {
                // Everything asked for has been read or given up; the connection itself has been dropped.
            }
        }

        Release();
    }

    private void Release()
    {
        lease?.Dispose();
        (lease, file) = (null, null);
    }
}
