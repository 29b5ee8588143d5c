using Renci.SshNet;
using Renci.SshNet.Common;

namespace Highwater.Engine.Storage.Sftp;

/// <summary>
/// A connection that several commands share. Whoever gives it up tells the others: SSH.NET leaves what still runs on a
/// disposed client waiting for ever.
/// </summary>
internal sealed class ShellConnection(SshClient client)
{
    private readonly TaskCompletionSource _givenUp = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsConnected => !_givenUp.Task.IsCompleted && client.IsConnected;

    /// <summary>
    /// Whether the server only refused one session more, and the connection is as good as before. OpenSSH counts a
    /// session until it has cleaned up behind it, which is after it told us of the end (sshd_config(5), MaxSessions).
    /// </summary>
    public bool IsRefusal(Exception fault) => fault.GetType() == typeof(SshException) && IsConnected;

    /// <param name="text">One of <see cref="RemoteCommands"/>.</param>
    /// <param name="endInput">Ends the command's input at once.</param>
    /// <param name="cancellationToken">Ends the wait; the command may go on at the server.</param>
    /// <exception cref="SshException">No session, or no connection any more.</exception>
    public async Task<ShellResult> RunAsync(string text, bool endInput, CancellationToken cancellationToken)
    {
        // SSH.NET waits synchronously for the session and the server's word that the command was begun.
        var running = Task.Run(() => ExecuteAsync(text, endInput, cancellationToken), CancellationToken.None);
        if (await Task.WhenAny(running, _givenUp.Task) != running)
            throw new SshConnectionException("the connection was given up for another command's sake");
        return await running;
    }

    /// <summary>Closes without waiting: saying goodbye to a dead peer may take the system minutes.</summary>
    public void GiveUp()
    {
        if (_givenUp.TrySetResult())
            _ = Task.Run(client.Dispose);
    }

    private async Task<ShellResult> ExecuteAsync(string text, bool endInput, CancellationToken cancellationToken)
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
}
