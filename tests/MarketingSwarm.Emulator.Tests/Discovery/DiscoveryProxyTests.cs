using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace MarketingSwarm.Emulator.Tests.Discovery;

public sealed class DiscoveryProxyTests(EmulatorFixture fixture) : IClassFixture<EmulatorFixture>
{
    [Fact]
    public async Task EverythingPassesAndWhatIsWrongIsFound()
    {
        await using var proxy = new DiscoveryProxy(DiscoveryValidator.LoadOrSkip(), fixture.Emulator.Address);
        using var client = new HttpClient { BaseAddress = proxy.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", fixture.Emulator.Token);
        client.DefaultRequestHeaders.AcceptEncoding.ParseAdd("gzip");
        var secrets = $"v1/projects/{fixture.NewProject()}/secrets";

        var right = await SendAsync(client, secrets + "?secretId=a%2Db", """{"replication":{"automatic":{}}}""");
        var wrong = await SendAsync(client, secrets + "?secretId=c", """{"replication":{"automatic":{}},"colour":"red"}""");
        var packed = await client.GetAsync(secrets, TestContext.Current.CancellationToken);
        var project = await client.GetAsync("v1/projects/p", TestContext.Current.CancellationToken);
        client.DefaultRequestHeaders.Authorization = null;
        var refused = await client.GetAsync(secrets, TestContext.Current.CancellationToken);

        Assert.Equal([200, 400, 200, 200, 401], [right, wrong, (int)packed.StatusCode, (int)project.StatusCode, (int)refused.StatusCode]);
        Assert.NotEmpty(refused.Headers.WwwAuthenticate);
        Assert.Equal("gzip", packed.Content.Headers.ContentEncoding.Single());
        Assert.Equal(5, proxy.Exchanges.Count);
        Assert.Contains("/secrets/a-b", proxy.Exchanges[2].ResponseBody, StringComparison.Ordinal);
        var violation = Assert.Single(proxy.Violations);
        Assert.Equal("$.colour", Assert.Single(violation.Findings).Path);
        Assert.EndsWith("?secretId=c", violation.Uri.AbsoluteUri, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AServerThatCannotBeReachedIsABadGateway()
    {
        using var closed = new ClosedPort();
        await using var proxy = new DiscoveryProxy(DiscoveryValidator.LoadOrSkip(), new Uri($"http://127.0.0.1:{closed.Number}"));
        using var client = new HttpClient { BaseAddress = proxy.Address };

        var answer = await client.GetAsync("v1/projects/p/secrets", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Empty(proxy.Exchanges);
    }

    private static async Task<int> SendAsync(HttpClient client, string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await client.PostAsync(path, content);
        return (int)response.StatusCode;
    }
}
