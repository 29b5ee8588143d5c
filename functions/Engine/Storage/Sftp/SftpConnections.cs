using Renci.SshNet;

namespace Highwater.Engine.Storage.Sftp;

/// <summary>
/// Up to a few connections, opened when there is work for them. Work goes to an idle one, else to a new one, else to
/// the least busy one: nobody ever waits for a connection, so a reader that is slow to take its bytes blocks nobody.
/// </summary>
internal sealed class SftpConnections(SftpOptions options, SshConnector connector, SftpErrors errors) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<SftpConnection> _connections = [];
    private readonly CancellationTokenSource _disposal = new();

    public async Task<SftpLease> LeaseAsync(CancellationToken cancellationToken)
    {
        var connection = Choose();
        try
        {
            return new SftpLease(this, connection, await connection.Client.WaitAsync(cancellationToken), options,
                errors);
        }
        catch (Exception)
        {
            Return(connection);
            throw;
        }
    }

    public void Return(SftpConnection connection)
    {
        lock (_gate)
        {
            connection.Users--;
            if (connection.IsUsable || connection.Users > 0)
                return;
            _connections.Remove(connection);
        }

        connection.CloseInBackground();
    }

    /// <summary>Closes a connection that is of no use any more, under whoever still uses it.</summary>
    public void Drop(SftpConnection connection)
    {
        connection.Retire();
        lock (_gate)
            _connections.Remove(connection);
        connection.CloseInBackground();
    }

    public async ValueTask DisposeAsync()
    {
        await _disposal.CancelAsync();
        List<SftpConnection> open;
        lock (_gate)
        {
            open = [.. _connections];
            _connections.Clear();
        }

        foreach (var connection in open)
            Drop(connection);
        _disposal.Dispose();
    }

    private SftpConnection Choose()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposal.IsCancellationRequested, this);
            _connections.RemoveAll(connection => !connection.IsUsable);
            var chosen = _connections.Find(connection => connection.Users == 0);
            if (chosen is null && _connections.Count >= Math.Clamp(options.Connections, 1, 4))
                chosen = _connections.MinBy(connection => connection.Users);
            if (chosen is null)
            {
                chosen = new SftpConnection(connector.ConnectAsync(Create, _disposal.Token));
                _connections.Add(chosen);
            }

            chosen.Users++;
            return chosen;
        }
    }

    private SftpClient Create(ConnectionInfo info) => new(info) { OperationTimeout = options.OperationDeadline };
}
