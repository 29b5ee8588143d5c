using Renci.SshNet;

namespace Highwater.Engine.Storage.Sftp;

/// <summary>
/// One connection of the pool, shared by whoever leases it. SFTP carries many requests at once on one connection.
/// </summary>
internal sealed class SftpConnection(Task<SftpClient> client)
{
    private bool _retired;

    public Task<SftpClient> Client => client;

    /// <summary>How many leases are out. Guarded by the pool's lock.</summary>
    public int Users { get; set; }

    /// <summary>Whether new work may be given to it.</summary>
    public bool IsUsable => !Volatile.Read(ref _retired)
        && !client.IsFaulted && !client.IsCanceled && (!client.IsCompleted || client.Result.IsConnected);

    /// <summary>Takes no new work; closes when the last user is gone.</summary>
    public void Retire() => Volatile.Write(ref _retired, true);

    /// <summary>Closes without waiting: saying goodbye to a dead peer may take the system minutes.</summary>
    public void CloseInBackground() => _ = client.ContinueWith(
        connected => connected.Result.Dispose(),
        CancellationToken.None,
        TaskContinuationOptions.OnlyOnRanToCompletion,
        TaskScheduler.Default);
}
