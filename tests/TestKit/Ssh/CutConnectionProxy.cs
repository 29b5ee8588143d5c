using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Highwater.TestKit.Ssh;

/// <summary>
/// A TCP proxy on loopback whose line a test can cut or silence: for every connection after so many bytes, or at once.
/// </summary>
public sealed class CutConnectionProxy : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly ConcurrentDictionary<Socket, bool> sockets = new();
    private readonly int targetPort;
    private readonly Task accepting;
    private long bytesLeft = long.MaxValue;
    private volatile bool silent;
    private int connections;
    private long bytesPassed;

    public CutConnectionProxy(int targetPort)
    {
        this.targetPort = targetPort;
        listener.Start();
        accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>How many connections were ever made.</summary>
    public int Connections => Volatile.Read(ref connections);

    /// <summary>Bytes that passed in both directions.</summary>
    public long BytesPassed => Interlocked.Read(ref bytesPassed);

    /// <summary>Cuts all connections once so many more bytes have passed (both directions together); new ones work
    /// again.</summary>
    public void CutAfter(long bytes) => Interlocked.Exchange(ref bytesLeft, bytes);

    /// <summary>Cuts every connection now.</summary>
    public void Cut()
    {
        foreach (var socket in sockets.Keys)
            Reset(socket);
    }

    /// <summary>From now on nothing passes any more, in either direction, and nobody is told.</summary>
    public void GoSilent() => silent = true;

    /// <summary>Lets new connections through again; those that were silenced stay lost.</summary>
    public void SpeakAgain()
    {
        Cut();
        silent = false;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Stop();
        Cut();
        await accepting;
        stop.Dispose();
    }

    /// <summary>Linger zero: the other side sees a reset, not an orderly end.</summary>
    private void Reset(Socket socket)
    {
        if (!sockets.TryRemove(socket, out _))
            return;
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            // The other side has closed it already: there is nobody left to reset.
        }

        socket.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptSocketAsync(stop.Token);
                Interlocked.Increment(ref connections);
                var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                client.NoDelay = true;
                sockets[client] = sockets[server] = true;
                try
                {
                    await server.ConnectAsync(IPAddress.Loopback, targetPort, stop.Token);
                }
                catch (SocketException)
                {
                    // The server is down: the client learns it as a broken line, as through any gateway.
                    client.Dispose();
                    continue;
                }

                _ = PumpAsync(client, server);
                _ = PumpAsync(server, client);
            }
        }
        catch (Exception fault) when (fault is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The proxy is being disposed: that is how accepting ends.
        }
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, stop.Token) is var count and > 0)
            {
                if (silent)
                    await Task.Delay(Timeout.Infinite, stop.Token);
                await to.SendAsync(buffer.AsMemory(0, count), stop.Token);
                Interlocked.Add(ref bytesPassed, count);
                if (Interlocked.Add(ref bytesLeft, -count) < 0)
                {
                    Interlocked.Exchange(ref bytesLeft, long.MaxValue);
                    Cut();
                }
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception fault) when (fault is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // A cut line ends both directions: closing it is the proxy's answer to any trouble on it.
            Reset(from);
            Reset(to);
        }
    }
}
