using Highwater.Engine.Formats;
namespace Highwater.Engine.Postgres;

/// <summary>
/// The standard output of pg_basebackup. Its end is an end only if the process ended well; otherwise reading throws
/// why. Cancelling a read ends the process, since a read from a pipe cannot be called back.
/// </summary>
internal sealed class BaseBackupStream(Stream pipe, IdleWatch idle, Action kill, Func<Task> checkOutcome)
    : ForwardReadStream
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return 0;
        int count;
        idle.StartWaiting();
        // Of a token that is cancelled already, this kills at once.
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
}
