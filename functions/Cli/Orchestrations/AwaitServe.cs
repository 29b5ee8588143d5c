using System.Net.Sockets;
using Highwater.EmbeddedHost;

namespace Highwater.Cli.Orchestrations;

/// <summary>
/// Looks for the process that serves on a state directory, and has patience with one that is just starting or stopping:
/// it holds the directory and does not answer.
/// </summary>
/// <param name="stateDirectory">Which one.</param>
/// <param name="clock">For the patience.</param>
/// <param name="note">Is told, once, what is waited for.</param>
public sealed class AwaitServe(string stateDirectory, TimeProvider clock, Action<string> note)
{
    /// <summary>How long one that does not answer is waited for, in all.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly long _started = clock.GetTimestamp();
    private bool _said;

    /// <summary>Whether there is no waiting any more.</summary>
    public bool IsOver => clock.GetElapsedTime(_started) >= Patience;

    /// <summary>Where it serves; null if nobody holds the directory, or one that has not said within the patience where
    /// it serves. What is given after that has not answered.</summary>
    public async Task<Uri?> FindAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var holder = RunningHost.Find(stateDirectory);
            var url = holder?.Url is { } text ? new Uri(text) : null;
            if (holder is null || IsOver || (url is not null && await AnswersAsync(url, cancellationToken)))
                return url;
            if (!_said)
                note($"Process {holder.ProcessId} holds the state directory {stateDirectory} and does not answer yet: "
                    + $"waiting up to {Patience.TotalSeconds:0} s for it");
            _said = true;
            await Task.Delay(Pause, clock, cancellationToken);
        }
    }

    private static async Task<bool> AnswersAsync(Uri url, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(url.DnsSafeHost, url.Port, cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
