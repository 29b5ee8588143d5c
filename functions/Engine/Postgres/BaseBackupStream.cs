namespace Highwater.Engine.Postgres;

/// <summary>
/// The standard output of pg_basebackup. Its end is an end only if the process ended well; otherwise reading throws
/// why. Cancelling a read ends the process, since a read from a pipe cannot be called back.
/// </summary>
internal sealed class BaseBackupStream(Stream pipe, IdleWatch idle, Action kill, Func<Task> checkOutcome) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return 0;
        cancellationToken.ThrowIfCancellationRequested();
        int count;
        idle.StartWaiting();
        using (cancellationToken.UnsafeRegister(static kill => ((Action)kill!)(), kill))
            count = await pipe.ReadAsync(buffer, CancellationToken.None);
        if (count > 0)
        {
            idle.StopWaiting();
            return count;
        }

        cancellationToken.ThrowIfCancellationRequested();
        await checkOutcome();
        idle.StopWaiting();
        return 0;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("A base backup is read asynchronously.");

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
