using System.Net;
using System.Net.Sockets;

namespace Highwater.TestKit.Ssh;

/// <summary>Finds a loopback port nobody listens on right now. Another process may take it: whoever binds it must be
/// ready to ask again.</summary>
public static class FreePort
{
    public static int Find()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
