using System.Diagnostics;
using Renci.SshNet;
using Renci.SshNet.Common;

namespace Highwater.Engine.Storage.Sftp;

/// <summary>
/// The use of one connection for one piece of work. Every step has a deadline; a broken or silent line is dropped.
/// </summary>
internal sealed class SftpLease(
    SftpConnections pool, SftpConnection connection, SftpClient client, SftpOptions options,
        SftpErrors errors) : IDisposable
{
    /// <summary>What a cancelled step gets to notice it, so that its source is not closed under it.</summary>
    private static readonly TimeSpan CancelGrace = TimeSpan.FromSeconds(2);

    private bool _isReturned;

    /// <summary>
    /// Does a step. It may go on as long as it likes while it reports progress; silence longer than the deadline ends
    /// it.
    /// </summary>
    /// <exception cref="BrokenConnectionException">The connection broke.</exception>
    /// <exception cref="Errors.TransientException">The server was silent for the deadline.</exception>
    /// <exception cref="SftpException">The server refused.</exception>
    public async Task<T> RunAsync<T>(
        string doing, Func<SftpClient, Action, Task<T>> step, CancellationToken cancellationToken)
    {
        var lastSign = Stopwatch.GetTimestamp();

        // SSH.NET sends synchronously and may wait there for the server to take more: never on the caller's thread.
        var work = Task.Run(
            () => step(client, () => Volatile.Write(ref lastSign, Stopwatch.GetTimestamp())), CancellationToken.None);
        try
        {
            while (!work.IsCompleted)
            {
                var left = options.OperationDeadline - Stopwatch.GetElapsedTime(Volatile.Read(ref lastSign));
                if (left <= TimeSpan.Zero)
                    throw new SshOperationTimeoutException();

                // At the end of the pause there may have been signs of life meanwhile: then it goes on.
                await Task.WhenAny(work.WaitAsync(left, cancellationToken));
                if (cancellationToken.IsCancellationRequested)
                {
                    await Task.WhenAny(work.WaitAsync(CancelGrace, CancellationToken.None));
                    cancellationToken.ThrowIfCancellationRequested();
                }
            }

            return await work;
        }
        catch (Exception fault)
        {
            throw Explain(fault, doing);
        }
    }

    public Task RunAsync(string doing, Func<SftpClient, Task> step, CancellationToken cancellationToken) =>
        RunAsync(
            doing,
            async (sftp, _) =>
            {
                await step(sftp);
                return true;
            },
            cancellationToken);

    /// <summary>Gives the connection up: what it still carries is of no use.</summary>
    public void Drop() => pool.Drop(connection);

    /// <summary>What a fault on this connection means; drops or retires the connection accordingly.</summary>
    public Exception Explain(Exception fault, string doing)
    {
        switch (fault)
        {
            case SshOperationTimeoutException:
                Drop();
                return errors.Silent(doing, options.OperationDeadline, fault);
            case SourceFaultException or OperationCanceledException:
                // An upload that ends in the middle leaves a handle open at the server until the connection ends.
                connection.Retire();
                return fault;
            case var _ when SftpErrors.IsBroken(fault) || (fault is not SftpException && !client.IsConnected):
                Drop();
                return new BrokenConnectionException(doing, fault);
            default:
                return fault;
        }
    }

    /// <summary>Lets nobody new use the connection.</summary>
    public void Retire() => connection.Retire();

    public void Dispose()
    {
        if (_isReturned)
            return;
        _isReturned = true;
        pool.Return(connection);
    }
}
