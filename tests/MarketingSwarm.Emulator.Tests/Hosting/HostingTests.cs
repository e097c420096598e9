using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace MarketingSwarm.Emulator.Tests.Hosting;

/// <summary>Who is let in, and how requests and answers are written.</summary>
public sealed class HostingTests(EmulatorFixture fixture) : IClassFixture<EmulatorFixture>
{
    private const string Instances = "/v1/projects/p/instances";

    private RunningEmulator Emulator => fixture.Emulator;

    [Fact]
    public async Task ARequestWithoutTheTokenIsRefused()
    {
        using var response = await Emulator.SendBareAsync(new HttpRequestMessage(HttpMethod.Get, Instances));
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal("Bearer", Assert.Single(response.Headers.WwwAuthenticate).Scheme);
        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["error"]!;
        Assert.Equal("UNAUTHENTICATED", error["status"]!.GetValue<string>());
        Assert.Equal("CREDENTIALS_MISSING", error["details"]![0]!["reason"]!.GetValue<string>());
        Assert.Equal("Authorization", error["errors"]![0]!["location"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("Bearer", "wrong")]
    [InlineData("Bearer", "")]
    [InlineData("Basic", "TOKEN")]
    [InlineData("Bearer", "TOKENx")]
    [InlineData("Bearer", "token")]
    public async Task ARequestWithAnotherTokenIsRefused(string scheme, string parameter)
    {
        foreach (var path in new[] { Instances, "/v1/projects/p/secrets", "/emulator/faults", "/emulator/instances", "/no/such/path" })
        {
            using HttpRequestMessage request = new(HttpMethod.Get, path);
            request.Headers.TryAddWithoutValidation("Authorization", $"{scheme} {parameter.Replace("TOKEN", Emulator.Token, StringComparison.Ordinal)}");
            using var response = await Emulator.SendBareAsync(request);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        }
    }

    [Theory]
    [InlineData("example.com")]
    [InlineData("169.254.169.254")]
    [InlineData("localhost.example.com")]
    [InlineData("metadata.google.internal")]
    public async Task AHostThatIsNotLoopbackIsRefused(string host)
    {
        foreach (var path in new[] { Instances, "/computeMetadata/v1/instance/service-accounts/default/token" })
        {
            using HttpRequestMessage request = new(HttpMethod.Get, path) { Headers = { Host = host, Authorization = new AuthenticationHeaderValue("Bearer", Emulator.Token) } };
            request.Headers.Add("Metadata-Flavor", "Google");
            using var response = await Emulator.SendBareAsync(request);
            Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
            Assert.DoesNotContain(Emulator.Token, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task LocalhostIsLoopbackToo()
    {
        using HttpRequestMessage request = new(HttpMethod.Get, Instances) { Headers = { Host = $"localhost:{Emulator.Address.Port}", Authorization = new AuthenticationHeaderValue("Bearer", Emulator.Token) } };
        using var response = await Emulator.SendBareAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task BodiesAndAnswersMayBeGzip()
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionMode.Compress, leaveOpen: true)) gzip.Write(Encoding.UTF8.GetBytes("""{"name":"Bad_Name"}"""));
        using HttpRequestMessage request = new(HttpMethod.Post, Instances) { Content = new ByteArrayContent(packed.ToArray()) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Content.Headers.ContentEncoding.Add("gzip");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Emulator.Token);
        request.Headers.AcceptEncoding.ParseAdd("gzip");
        using var response = await Emulator.SendBareAsync(request);
        Assert.Equal("gzip", Assert.Single(response.Content.Headers.ContentEncoding));
        await using GZipStream unpacked = new(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken), CompressionMode.Decompress);
        var answer = await JsonNode.ParseAsync(unpacked, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("Invalid request: instance name (Bad_Name).", answer!["error"]!["message"]!.GetValue<string>());
    }

    [Fact]
    public async Task WhatIsNotGzipIsRefused()
    {
        using HttpRequestMessage request = new(HttpMethod.Post, Instances) { Content = new StringContent("{}") };
        request.Content.Headers.ContentEncoding.Add("gzip");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Emulator.Token);
        using var response = await Emulator.SendBareAsync(request);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Theory]
    [InlineData("GET", Instances + "?nonsense=1", null, "Invalid JSON payload received. Unknown name \"nonsense\": Cannot bind query parameter. Field 'nonsense' could not be found in request message.")]
    [InlineData("GET", Instances + "?maxResults=many", null, "Invalid value at 'maxResults' (TYPE_INT32), \"many\"")]
    [InlineData("POST", Instances, """{"nonsense":1}""", "Invalid JSON payload received. Unknown name \"nonsense\": Cannot find field.")]
    [InlineData("POST", Instances, """{"settings":{"ipConfiguration":{"nonsense":1}}}""", "Invalid JSON payload received. Unknown name \"nonsense\" at 'settings.ipConfiguration': Cannot find field.")]
    [InlineData("POST", Instances, """{"settings":{"dataDiskSizeGb":"ten"}}""", "Invalid value at 'settings.dataDiskSizeGb' (TYPE_INT64), \"ten\"")]
    [InlineData("POST", Instances, """{"settings":{"edition":"GOLD"}}""", "Invalid value at 'settings.edition' (TYPE_ENUM), \"GOLD\"")]
    [InlineData("POST", Instances, """[1]""", "Invalid JSON payload received. Root element must be a message.")]
    [InlineData("POST", Instances, """{"name":"a","name":"b"}""", null)]
    [InlineData("POST", Instances, "{", null)]
    public async Task WhatTheMethodDoesNotKnowIsRefused(string method, string path, string? body, string? message)
    {
        var refused = await Emulator.SendWrongAsync(method, path, body);
        Assert.Equal((400, "INVALID_ARGUMENT"), (refused.Status, refused.Code));
        if (message is not null) Assert.Equal(message, refused.Message);
        else Assert.StartsWith("Invalid JSON payload received.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StandardParametersAreTaken()
        => Assert.Equal(200, (await Emulator.GetAsync(Instances + "?alt=json&prettyPrint=false&quotaUser=me&key=k&$.xgafv=2")).Status);

    [Theory]
    [InlineData("GET", "/no/such/path")]
    [InlineData("DELETE", Instances)]
    public async Task AnUnknownMethodIsNotFound(string method, string path)
    {
        var answer = await Emulator.SendWrongAsync(method, path);
        Assert.Equal((404, "NOT_FOUND"), (answer.Status, answer.Code));
    }
}
