using System.Diagnostics;
using Highwater.Engine.Errors;
using Microsoft.Extensions.Logging;
using Renci.SshNet;
using Renci.SshNet.Common;

namespace Highwater.Engine.Storage.Sftp;

/// <summary>
/// Runs commands on the server over a connection of its own, if the server allows it. Whether it does is asked once;
/// a server that only does SFTP is as good, only slower: it has to send back what it stored.
/// </summary>
internal sealed class RemoteShell(SftpOptions options, SshConnector connector, SftpErrors errors,
    ILogger logger) : IAsyncDisposable
{
    private const long SlowDiskBytesPerSecond = 5_000_000;

    private static readonly TimeSpan RefusalPause = TimeSpan.FromMilliseconds(50);

    // OpenSSH allows 10 sessions a connection (sshd_config(5), MaxSessions), and for a moment an ended one and its
    // successor both count.
    private readonly SemaphoreSlim _sessions = new(5);
    private readonly SemaphoreSlim _connecting = new(1);
    private ShellConnection? _connected;
    private bool? _isUsable;

    /// <summary>The shell looks at other files than SFTP does: not to be used any more.</summary>
    public void Disable() => _isUsable = false;

    public async Task<bool> IsUsableAsync(CancellationToken cancellationToken)
    {
        if (_isUsable is { } known)
            return known;
        var result = await RunAsync("asking for a shell", RemoteCommands.Probe(), cancellationToken, endInput: true);
        var answer = _isUsable ??= result.ExitCode == 0 && result.LastLine == RemoteCommands.Marker;
        if (!answer)
            SftpLog.NoShell(logger, options.Address);
        return answer;
    }

    /// <summary>What a command's complaint means.</summary>
    public HighwaterException Failed(string doing, ShellResult result)
    {
        var fault = new IOException($"exit code {result.ExitCode}: {result.Errors.Trim()}");
        return result.SaysDenied ? errors.Denied(doing, fault) : errors.Failed(doing, fault);
    }

    /// <param name="doing">For error messages.</param>
    /// <param name="command">One of <see cref="RemoteCommands"/>.</param>
    /// <param name="cancellationToken">Ends the wait; the command may go on at the server.</param>
    /// <param name="bytes">How much the command reads or flushes: it is silent meanwhile.</param>
    /// <param name="endInput">Ends the command's input, for a server that runs its SFTP program whatever the
    /// command.</param>
    public async Task<ShellResult> RunAsync(
        string doing, string command, CancellationToken cancellationToken, long bytes = 0, bool endInput = false)
    {
        var deadline = options.OperationDeadline + TimeSpan.FromSeconds(bytes / (double)SlowDiskBytesPerSecond);
        await _sessions.WaitAsync(cancellationToken);
        try
        {
            var clock = Stopwatch.StartNew();
            while (true)
            {
                if (await TryRunAsync(doing, command, endInput, deadline, cancellationToken) is { } result)
                    return result;
                if (clock.Elapsed > deadline)
                    throw errors.NoSession(doing, deadline);
                await Task.Delay(RefusalPause, cancellationToken);
            }
        }
        finally
        {
            _sessions.Release();
        }
    }

    public ValueTask DisposeAsync()
    {
        Drop(_connected);
        return ValueTask.CompletedTask;
    }

    /// <summary>Null: the server refused a session, and the connection goes on.</summary>
    private async Task<ShellResult?> TryRunAsync(
        string doing, string command, bool endInput, TimeSpan deadline, CancellationToken cancellationToken)
    {
        ShellConnection? connection = null;
        try
        {
            connection = await ConnectAsync(cancellationToken);
            return await connection.RunAsync(command, endInput, cancellationToken)
                .WaitAsync(deadline, cancellationToken);
        }
        catch (Exception fault) when (fault is TimeoutException or SshOperationTimeoutException)
        {
            Drop(connection);
            throw errors.Silent(doing, deadline, fault);
        }
        catch (SshException fault) when (connection?.IsRefusal(fault) is true)
        {
            return null;
        }
        catch (Exception fault) when (SftpErrors.IsBroken(fault))
        {
            Drop(connection);
            throw new BrokenConnectionException(doing, fault);
        }
    }

    private async Task<ShellConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        await _connecting.WaitAsync(cancellationToken);
        try
        {
            if (_connected is not { IsConnected: true })
            {
                Drop(_connected);
                _connected = new ShellConnection(
                    await connector.ConnectAsync(info => new SshClient(info), cancellationToken));
            }

            return _connected;
        }
        finally
        {
            _connecting.Release();
        }
    }

    private void Drop(ShellConnection? connection)
    {
        if (connection is null)
            return;
        Interlocked.CompareExchange(ref _connected, null, connection);
        connection.GiveUp();
    }
}
