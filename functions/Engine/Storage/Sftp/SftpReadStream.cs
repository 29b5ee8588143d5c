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
    private readonly SftpCalls _calls;
    private readonly string _key;
    private readonly long _end;
    private long _position;
    private SftpLease? _lease;
    private SftpFileStream? _file;

    private SftpReadStream(SftpCalls calls, string key, long start, long end)
    {
        (_calls, _key) = (calls, key);
        (_position, _end) = (start, end);
    }

    private string Doing => $"reading {_key}";

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
            _lease = lease,
            _file = file,
        };
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position == _end || buffer.IsEmpty)
            return 0;
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                if (_file is null)
                    (_lease, _file, _) = await _calls.OpenFileAsync(_key, _position, cancellationToken);
                var count = await _file.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _end - _position)],
                    cancellationToken);
                if (count == 0)
                    throw StorageErrors.ShortRange(_calls.PlaceOf(_key), new ByteRange(0, _end), _position);
                _position += count;
                return count;
            }
            catch (Exception fault) when (fault is not HighwaterException)
            {
                var meaning = _lease!.Explain(fault, Doing);
                if (meaning is SftpException refused)
                    throw _calls.Errors.Refused(Doing, _calls.PlaceOf(_key), refused);
                if (meaning is not BrokenConnectionException broken)
                    throw meaning;
                Release();
                if (attempt == _calls.Options.Retries)
                    throw _calls.Errors.Unreachable(broken);
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
        if (_file is { } open && _lease is { } held)
        {
            _file = null;
            try
            {
                await held.RunAsync("closing " + _key, async _ => await open.DisposeAsync(), CancellationToken.None);
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
        _lease?.Dispose();
        (_lease, _file) = (null, null);
    }
}
