using System.Net;
using System.Net.Sockets;
using System.Text;
using MarketingSwarm.Engine.Checks;

namespace MarketingSwarm.Engine.Tests.Checks;

public sealed class EndpointProbeTests
{
    private static readonly SwarmDatabase Database = CheckRunner.SqliteFile("/no/such.db");

    [Fact]
    public async Task AHealthyRoutePassesAndItsQueryIsNotShown()
    {
        using var route = new HealthRoute(HttpStatusCode.NoContent);

        var check = await CheckAsync(new Uri(route.Url, "?key=secret"), new DatabaseCheckOptions { LatencyLimit = TimeSpan.FromMinutes(5) });

        Assert.True(check.Passed, check.ToString());
        Assert.Equal(204, check.StatusCode);
        Assert.True(check.Milliseconds > 0);
        Assert.Null(check.RecommendedAction);
        Assert.Equal(route.Url, check.Endpoint);
        Assert.DoesNotContain("secret", check.ToString(), StringComparison.Ordinal);
        Assert.Equal(["/health?key=secret", "/health?key=secret"], route.Requests);
    }

    [Theory]
    [InlineData(HttpStatusCode.ServiceUnavailable, "No instance")]
    [InlineData(HttpStatusCode.InternalServerError, "The application failed")]
    [InlineData(HttpStatusCode.NotFound, "check the path")]
    [InlineData(HttpStatusCode.Forbidden, "login")]
    [InlineData(HttpStatusCode.TooManyRequests, "try again later")]
    [InlineData(HttpStatusCode.Found, "https://login.example.com/start.")]
    public async Task AnotherStatusFailsWithItsOwnNextStep(HttpStatusCode status, string advice)
    {
        using var route = new HealthRoute(status, "https://login.example.com/start?token=1");

        var check = await CheckAsync(route.Url, new DatabaseCheckOptions());

        Assert.False(check.Passed);
        Assert.Equal((int)status, check.StatusCode);
        Assert.Contains(advice, check.RecommendedAction!, StringComparison.Ordinal);
        Assert.Single(route.Requests);
    }

    [Fact]
    public async Task AnAnswerThatComesTooLateFails()
    {
        using var route = new HealthRoute(HttpStatusCode.OK);

        var check = await CheckAsync(route.Url, new DatabaseCheckOptions { LatencyLimit = TimeSpan.FromTicks(1) });

        Assert.False(check.Passed);
        Assert.Equal(200, check.StatusCode);
        Assert.Contains("Latency", check.RecommendedAction!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("refused", SwarmDatabaseFailure.ConnectionRefused)]
    [InlineData("unknown host", SwarmDatabaseFailure.HostUnreachable)]
    [InlineData("silence", SwarmDatabaseFailure.Timeout)]
    [InlineData("no TLS", SwarmDatabaseFailure.TlsFailed)]
    [InlineData("another protocol", SwarmDatabaseFailure.Other)]
    public async Task NoAnswerIsExplained(string cause, SwarmDatabaseFailure failure)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var closed = new ClosedPort();
        var origin = $"127.0.0.1:{(cause == "refused" ? closed.Number : ((IPEndPoint)listener.LocalEndpoint).Port)}";
        var answering = cause is "no TLS" or "another protocol" ? AnswerAsync(listener) : Task.CompletedTask;
        var url = cause switch
        {
            "unknown host" => "http://no-such-host.invalid/health",
            "no TLS" => $"https://{origin}/health",
            _ => $"http://{origin}/health",
        };
        // Only silence may run into the limit.
        var timeout = cause == "silence" ? TimeSpan.FromMilliseconds(200) : TimeSpan.FromMinutes(5);

        var check = await CheckAsync(new Uri(url), new DatabaseCheckOptions { EndpointTimeout = timeout });

        await answering;
        Assert.False(check.Passed);
        Assert.Equal((failure, null), (check.Failure, check.StatusCode));
        Assert.False(string.IsNullOrEmpty(check.RecommendedAction));
    }

    [Fact]
    public async Task StoppingEndsTheRequest()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stop = new CancellationTokenSource();
        var asking = EndpointProbe.CheckAsync(
            Database, new Uri($"http://{listener.LocalEndpoint}/"), new DatabaseCheckOptions { EndpointTimeout = TimeSpan.FromHours(1) }, stop.Token);
        using var client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }

    [Theory]
    [InlineData("health")]
    [InlineData("/api/health")]
    [InlineData("ftp://127.0.0.1/health")]
    [InlineData("file:///etc/passwd")]
    [InlineData("http://user:topsecret@127.0.0.1/health")]
    public void AnAddressThatIsNoWebAddressIsRefusedBeforeAnythingIsTried(string address)
    {
        var error = Assert.Throws<SwarmConfigurationException>(
            () => new DatabaseChecker(Database, new DatabaseCheckOptions { Endpoint = new Uri(address, UriKind.RelativeOrAbsolute) }));

        Assert.Equal("EndpointNotUsable", error.ErrorId);
        Assert.DoesNotContain("topsecret", $"{error.Message} {error.Target}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task ARouteIsAskedThoughTheDatabaseIsNotThere()
    {
        using var route = new HealthRoute(HttpStatusCode.OK);

        var checks = await CheckRunner.RunAsync(Database, new DatabaseCheckOptions { Endpoint = route.Url, LatencyLimit = TimeSpan.FromMinutes(5) });

        Assert.False(checks.Get("Reachable").Passed);
        Assert.True(checks.Get("Endpoint").Passed);
    }

    private static Task<EndpointCheck> CheckAsync(Uri url, DatabaseCheckOptions options)
        => EndpointProbe.CheckAsync(Database, url, options, TestContext.Current.CancellationToken);

    private static async Task AnswerAsync(TcpListener listener)
    {
        using var client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        var stream = client.GetStream();
        // Closing with unread bytes would reset the connection before the client has read.
        _ = await stream.ReadAsync(new byte[4096], TestContext.Current.CancellationToken);
        await stream.WriteAsync("SSH-2.0-OpenSSH_9.2\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
    }

    /// <summary>A web server that answers every request with a status and closes the connection.</summary>
    /// <remarks>HttpListener finds no free port by itself, and may wait on for a request after it was stopped.</remarks>
    private sealed class HealthRoute : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _stop = new();
        private readonly string _answer;
        private readonly Task _serving;

        internal HealthRoute(HttpStatusCode status, string? location = null)
        {
            var body = status == HttpStatusCode.NoContent ? "\r\n" : "Content-Length: 2\r\n\r\n{}";
            _answer = $"HTTP/1.1 {(int)status} {status}\r\nConnection: close\r\n{(location is null ? "" : $"Location: {location}\r\n")}{body}";
            _listener.Start();
            Url = new Uri($"http://{_listener.LocalEndpoint}/health");
            _serving = ServeAsync();
        }

        internal Uri Url { get; }

        internal List<string> Requests { get; } = [];

        public void Dispose()
        {
            _stop.Cancel();
            _serving.GetAwaiter().GetResult();
            _listener.Dispose();
            _stop.Dispose();
        }

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                    using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
                    if (await reader.ReadLineAsync(_stop.Token) is not { } request) continue;
                    Requests.Add(request.Split(' ')[1]);
                    while (await reader.ReadLineAsync(_stop.Token) is { Length: > 0 })
                    {
                        // The headers: read, because closing with unread bytes would reset the connection.
                    }

                    await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(_answer), _stop.Token);
                }
            }
            catch (OperationCanceledException)
            {
                // The test is over.
            }
        }
    }
}
