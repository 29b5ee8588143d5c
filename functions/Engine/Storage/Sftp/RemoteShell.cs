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

    // OpenSSH allows 10 sessions a connection (sshd_config(5), MaxSessions).
    private readonly SemaphoreSlim _sessions = new(8);
    private readonly SemaphoreSlim _connecting = new(1);
    private SshClient? _connected;
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
        SshClient? client = null;
        try
        {
            client = await ConnectAsync(cancellationToken);
            return await Task.Run(() => ExecuteAsync(client, command, endInput, cancellationToken),
                CancellationToken.None)
                .WaitAsync(deadline, cancellationToken);
        }
        catch (Exception fault) when (fault is TimeoutException or SshOperationTimeoutException)
        {
            Drop(client);
            throw errors.Silent(doing, deadline, fault);
        }
        catch (Exception fault) when (SftpErrors.IsBroken(fault))
        {
            Drop(client);
            throw new BrokenConnectionException(doing, fault);
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

    private static async Task<ShellResult> ExecuteAsync(
        SshClient client, string text, bool endInput, CancellationToken cancellationToken)
    {
        using var command = client.CreateCommand(text);
        var running = command.ExecuteAsync(cancellationToken);
        if (endInput)
        {
            try
            {
                await command.CreateInputStream().DisposeAsync();
            }
            catch (InvalidOperationException)
            {
                // The command has ended already, so there is no input to end.
            }
        }

        await running;
        return new ShellResult(command.ExitStatus ?? -1, command.Result, command.Error);
    }

    private async Task<SshClient> ConnectAsync(CancellationToken cancellationToken)
    {
        await _connecting.WaitAsync(cancellationToken);
        try
        {
            if (_connected is not { IsConnected: true })
            {
                Drop(_connected);
                _connected = await connector.ConnectAsync(info => new SshClient(info), cancellationToken);
            }

            return _connected;
        }
        finally
        {
            _connecting.Release();
        }
    }

    /// <summary>Closes without waiting: saying goodbye to a dead peer may take the system minutes.</summary>
    private void Drop(SshClient? client)
    {
        if (client is null)
            return;
        Interlocked.CompareExchange(ref _connected, null, client);
        _ = Task.Run(client.Dispose);
    }
}
