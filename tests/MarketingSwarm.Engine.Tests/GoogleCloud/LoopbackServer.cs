using System.Collections.Concurrent;
using System.Net;
using System.Text;

namespace MarketingSwarm.Engine.Tests.GoogleCloud;

/// <summary>A server on 127.0.0.1 that answers as a test says, and keeps what it was sent.</summary>
internal sealed class LoopbackServer : IAsyncDisposable
{
    private readonly HttpListener _listener;
    private readonly Func<HttpListenerRequest, string, (int Status, string Body)> _answer;
    private readonly Uri? _location;
    private readonly Task _loop;

    /// <param name="answer">The answer to a request and its body.</param>
    /// <param name="location">Where every answer says that the client should go.</param>
    internal LoopbackServer(Func<HttpListenerRequest, string, (int Status, string Body)> answer, Uri? location = null)
    {
        _answer = answer;
        _location = location;
        (_listener, Address) = Listen();
        _loop = Task.Run(AnswerAsync);
    }

    internal Uri Address { get; }

    internal ConcurrentQueue<(string Method, string Path, string? Authorization, string Body)> Requests { get; } = [];

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _loop;
    }

    // HttpListener does not choose a port itself.
    private static (HttpListener Listener, Uri Address) Listen()
    {
        while (true)
        {
            var listener = new HttpListener();
            var address = $"http://127.0.0.1:{Random.Shared.Next(20_000, 32_000)}/";
            listener.Prefixes.Add(address);
            try
            {
                listener.Start();
                return (listener, new Uri(address));
            }
            catch (HttpListenerException)
            {
                listener.Close();
            }
        }
    }

    private async Task AnswerAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }

            using var reader = new StreamReader(context.Request.InputStream);
            var content = await reader.ReadToEndAsync();
            Requests.Enqueue((context.Request.HttpMethod, context.Request.RawUrl!, context.Request.Headers["Authorization"], content));
            var (status, body) = _answer(context.Request, content);
            context.Response.StatusCode = status;
            context.Response.ContentType = "application/json";
            context.Response.Headers["Metadata-Flavor"] = "Google";
            if (_location is not null) context.Response.Headers["Location"] = _location.ToString();
            context.Response.Close(Encoding.UTF8.GetBytes(body), willBlock: true);
        }
    }
}
