using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using MarketingSwarm.Engine.GoogleCloud;

namespace MarketingSwarm.Engine.Tests.GoogleCloud;

/// <summary>The client's transport, answered by a test: what a fault must be at one exact request.</summary>
internal sealed class ScriptedGoogle(Func<string, JsonObject?, (int Status, string Body)> answer) : HttpMessageHandler
{
    /// <summary>Method and path with query of each request that came, in order.</summary>
    public List<string> Requests { get; } = [];

    public static string Error(int status, string name) => $$"""{"error":{"code":{{status}},"message":"made by a test","status":"{{name}}"} }""";

    /// <summary>The real client over this transport, its waits made as short as its clock's.</summary>
    public GoogleApiClient CreateClient()
    {
        var options = new CloudOptions { Endpoint = new Uri("http://127.0.0.1:9/"), AccessToken = "token", IsTokenForEndpoint = true };
        return new GoogleApiClient(CloudSettings.Resolve(options, "p", null, _ => null), new SilentTrace(), clock: null, this);
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? null : (JsonObject?)JsonNode.Parse(await request.Content.ReadAsStringAsync(cancellationToken));
        var line = $"{request.Method} {request.RequestUri!.PathAndQuery}";
        Requests.Add(line);
        var (status, text) = answer(line, body);
        return new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(text, Encoding.UTF8, "application/json"), RequestMessage = request };
    }

    private sealed class SilentTrace : ICloudTrace
    {
        public void Verbose(string text)
        {
        }

        public void Debug(Func<string> text)
        {
        }

        public void Warning(string text)
        {
        }

        public void Progress(string activity, string status)
        {
        }
    }
}
