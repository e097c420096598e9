using System.Net;
using System.Text;

namespace MarketingSwarm.Engine.Tests.GoogleCloud;

/// <summary>Answers requests in order, in place of a network; keeps what was sent.</summary>
internal sealed class FakeTransport(params Func<HttpRequestMessage, HttpResponseMessage>[] answers) : HttpMessageHandler
{
    private int _next;

    internal List<SentRequest> Sent { get; } = [];

    internal static Func<HttpRequestMessage, HttpResponseMessage> Json(HttpStatusCode status, string body, Action<HttpResponseMessage>? change = null) => _ =>
    {
        var response = new HttpResponseMessage(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        change?.Invoke(response);
        return response;
    };

    internal static Func<HttpRequestMessage, HttpResponseMessage> Ok(string body = "{}") => Json(HttpStatusCode.OK, body);

    internal static Func<HttpRequestMessage, HttpResponseMessage> Throws(Exception exception) => _ => throw exception;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? null : await request.Content.ReadAsStringAsync(cancellationToken);
        Sent.Add(new SentRequest(request.Method, request.RequestUri!, request.Headers.Authorization?.ToString(), body));
        return answers[Math.Min(_next++, answers.Length - 1)](request);
    }
}

internal sealed record SentRequest(HttpMethod Method, Uri Address, string? Authorization, string? Body);
