using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Highwater.TestKit.Ssh;

/// <summary>
/// A TCP proxy on loopback whose line a test can cut or silence: for every connection after so many bytes, or at once.
/// </summary>
public sealed class CutConnectionProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Socket, bool> _sockets = new();
    private readonly int _targetPort;
    private readonly Task _accepting;
    private long _bytesLeft = long.MaxValue;
    private volatile bool _silent;
    private int _connections;
    private long _bytesPassed;

    public CutConnectionProxy(int targetPort)
    {
        _targetPort = targetPort;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How many connections were ever made.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Bytes that passed in both directions.</summary>
    public long BytesPassed => Interlocked.Read(ref _bytesPassed);

    /// <summary>Cuts all connections once so many more bytes have passed (both directions together); new ones work
    /// again.</summary>
    public void CutAfter(long bytes) => Interlocked.Exchange(ref _bytesLeft, bytes);

    /// <summary>Cuts every connection now.</summary>
    public void Cut()
    {
        foreach (var socket in _sockets.Keys)
            Reset(socket);
    }

    /// <summary>From now on nothing passes any more, in either direction, and nobody is told.</summary>
    public void GoSilent() => _silent = true;

    /// <summary>Lets new connections through again; those that were silenced stay lost.</summary>
    public void SpeakAgain()
    {
        Cut();
        _silent = false;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        Cut();
        await _accepting;
        _stop.Dispose();
    }

    /// <summary>Linger zero: the other side sees a reset, not an orderly end.</summary>
    private void Reset(Socket socket)
    {
        if (!_sockets.TryRemove(socket, out _))
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
                var client = await _listener.AcceptSocketAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                client.NoDelay = true;
                _sockets[client] = _sockets[server] = true;
                try
                {
                    await server.ConnectAsync(IPAddress.Loopback, _targetPort, _stop.Token);
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
            while (await from.ReceiveAsync(buffer, _stop.Token) is var count and > 0)
            {
                if (_silent)
                    await Task.Delay(Timeout.Infinite, _stop.Token);
                await to.SendAsync(buffer.AsMemory(0, count), _stop.Token);
                Interlocked.Add(ref _bytesPassed, count);
                if (Interlocked.Add(ref _bytesLeft, -count) < 0)
                {
                    Interlocked.Exchange(ref _bytesLeft, long.MaxValue);
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
