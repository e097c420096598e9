using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MarketingSwarm.Testing;

/// <summary>A request that went through a <see cref="DiscoveryProxy"/>, and its response.</summary>
/// <param name="Method">The verb of HTTP.</param>
/// <param name="Uri">The address at the server behind the proxy.</param>
/// <param name="RequestBody">The request's body as text; null when it had none.</param>
/// <param name="Status">The response's HTTP status.</param>
/// <param name="ResponseBody">The response's body as text, unpacked; null when it had none.</param>
/// <param name="Findings">What the discovery documents have against either.</param>
public sealed record DiscoveryExchange(
    string Method, Uri Uri, string? RequestBody, int Status, string? ResponseBody, IReadOnlyList<DiscoveryFinding> Findings)
{
    public override string ToString() => $"{Method} {Uri.PathAndQuery} -> {Status}: {string.Join(" ", Findings)}";
}

/// <summary>
///   Stands on loopback between a client and an emulator, passes everything unchanged and checks it against the discovery documents. Paths that
///   no document describes (the metadata server, projects, the emulator's own) are passed and recorded, and not checked. A server that cannot be
///   reached is a 502.
/// </summary>
public sealed class DiscoveryProxy : IAsyncDisposable
{
    /// <summary>Headers that belong to one connection, or that HttpClient and HttpListener write themselves.</summary>
    private static readonly HashSet<string> ConnectionHeaders = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Transfer-Encoding", "Content-Length", "Host", "Upgrade", "TE", "Trailer", "Proxy-Connection", "Expect",
    };

    private static readonly UriCreationOptions AsItIs = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private readonly DiscoveryValidator _validator;
    private readonly string _target;
    private readonly HttpListener _listener;
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false });
    private readonly Lock _gate = new();
    private readonly List<DiscoveryExchange> _exchanges = [];
    private readonly Task _accepting;

    public DiscoveryProxy(DiscoveryValidator validator, Uri target)
    {
        _validator = validator;
        _target = target.GetLeftPart(UriPartial.Authority);
        (_listener, Address) = Listen();
        _accepting = AcceptAsync();
    }

    /// <summary>Where clients call: http on loopback.</summary>
    public Uri Address { get; }

    /// <summary>Everything that went through, in the order of the responses.</summary>
    public IReadOnlyList<DiscoveryExchange> Exchanges
    {
        get
        {
            lock (_gate) return [.. _exchanges];
        }
    }

    /// <summary>The exchanges that have findings.</summary>
    public IReadOnlyList<DiscoveryExchange> Violations => [.. Exchanges.Where(exchange => exchange.Findings.Count > 0)];

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _accepting;
        _client.Dispose();
    }

    /// <remarks>HttpListener cannot choose a free port itself; another process may take the one that was found before it listens.</remarks>
    private static (HttpListener Listener, Uri Address) Listen()
    {
        for (var attempt = 1; ; attempt++)
        {
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            var address = new Uri($"http://127.0.0.1:{((IPEndPoint)probe.LocalEndPoint!).Port}/");
            probe.Close();
            var listener = new HttpListener();
            listener.Prefixes.Add(address.AbsoluteUri);
            try
            {
                listener.Start();
                return (listener, address);
            }
            catch (HttpListenerException) when (attempt < 10)
            {
                listener.Close();
            }
        }
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            _ = ServeAsync(context);
        }
    }

    private async Task ServeAsync(HttpListenerContext context)
    {
        try
        {
            await PassAsync(context);
        }
        catch (HttpRequestException)
        {
            // The server cannot be reached. HttpListener cannot reset a connection: its Abort answers with an empty 200.
            context.Response.StatusCode = (int)HttpStatusCode.BadGateway;
            context.Response.Close();
        }
        catch (Exception exception) when (exception is HttpListenerException or IOException or ObjectDisposedException)
        {
            // The client is gone.
        }
    }

    private async Task PassAsync(HttpListenerContext context)
    {
        var uri = new Uri(_target + context.Request.RawUrl, AsItIs);
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.HttpMethod), uri);
        var requestBody = await ReadAsync(context.Request.InputStream);
        if (context.Request.HasEntityBody) request.Content = new ByteArrayContent(requestBody);
        foreach (var name in context.Request.Headers.AllKeys)
        {
            if (name is null || ConnectionHeaders.Contains(name)) continue;
            var values = context.Request.Headers.GetValues(name) ?? [];
            if (!request.Headers.TryAddWithoutValidation(name, values)) request.Content?.Headers.TryAddWithoutValidation(name, values);
        }

        using var response = await _client.SendAsync(request);
        var body = await response.Content.ReadAsByteArrayAsync();
        Record(request, requestBody, context.Request.Headers["Content-Encoding"], response, body);

        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers))
        {
            if (ConnectionHeaders.Contains(name)) continue;
            foreach (var value in values) context.Response.AppendHeader(name, value);
        }

        context.Response.ContentLength64 = body.Length;
        await context.Response.OutputStream.WriteAsync(body);
        context.Response.Close();
    }

    private void Record(HttpRequestMessage request, byte[] requestBody, string? requestEncoding, HttpResponseMessage response, byte[] responseBody)
    {
        var (method, uri, status) = (request.Method.Method, request.RequestUri!, (int)response.StatusCode);
        var sent = Text(requestBody, requestEncoding);
        var received = Text(responseBody, response.Content.Headers.ContentEncoding.LastOrDefault());
        IReadOnlyList<DiscoveryFinding> findings = [];
        if (!IsUndescribed(uri.AbsolutePath))
        {
            findings = _validator.CheckRequest(method, uri, sent);
            // What the server says to a request that is no method of the API is its own affair.
            if (_validator.MethodOf(method, uri) is not null) findings = [.. findings, .. _validator.CheckResponse(method, uri, status, received)];
        }

        lock (_gate) _exchanges.Add(new DiscoveryExchange(method, uri, sent, status, received, findings));
    }

    private static bool IsUndescribed(string path)
        => path == "/" || path.StartsWith("/computeMetadata/", StringComparison.Ordinal) || path.StartsWith("/emulator/", StringComparison.Ordinal)
            || path.StartsWith("/v1/projects/", StringComparison.Ordinal) && !path["/v1/projects/".Length..].Contains('/', StringComparison.Ordinal);

    private static string? Text(byte[] body, string? encoding)
    {
        if (body.Length == 0) return null;
        if (encoding != "gzip") return Encoding.UTF8.GetString(body);
        using var unpacked = new GZipStream(new MemoryStream(body), CompressionMode.Decompress);
        using var reader = new StreamReader(unpacked, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private static async Task<byte[]> ReadAsync(Stream stream)
    {
        using var buffer = new MemoryStream();
        await stream.CopyToAsync(buffer);
        return buffer.ToArray();
    }
}
