using System.Net;

namespace MarketingSwarm.Engine.GoogleCloud;

/// <summary>
///   The process's proxy (HTTPS_PROXY and its like), but for this machine's own addresses: .NET sends these to a proxy too, and plain http is only safe
///   where nothing leaves the machine.
/// </summary>
internal sealed class ProxyBeyondLoopback : IWebProxy
{
    public ICredentials? Credentials
    {
        get => HttpClient.DefaultProxy.Credentials;
        set => HttpClient.DefaultProxy.Credentials = value;
    }

    public Uri? GetProxy(Uri destination) => destination.IsLoopback ? null : HttpClient.DefaultProxy.GetProxy(destination);

    public bool IsBypassed(Uri host) => host.IsLoopback || HttpClient.DefaultProxy.IsBypassed(host);
}
