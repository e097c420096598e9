using System.Net;
using System.Net.Http.Headers;
using MarketingSwarm.Engine.GoogleCloud;

namespace MarketingSwarm.Engine.Tests.GoogleCloud;

public sealed class RetryHandlerTests
{
    private const string Busy = """{"error":{"code":503,"message":"The service is currently unavailable.","status":"UNAVAILABLE"}}""";

    [Theory]
    [InlineData(408)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task AReadIsSentAgainAfterWhatPasses(int status)
    {
        using var transport = new FakeTransport(FakeTransport.Json((HttpStatusCode)status, Busy), FakeTransport.Json((HttpStatusCode)status, Busy), FakeTransport.Ok("""{"name":"i"}"""));
        using var client = CloudTest.Client(transport);

        var answer = await client.SendAsync(CloudTest.Get(), TestContext.Current.CancellationToken);

        Assert.Equal("i", answer.Text("name"));
        Assert.Equal(3, transport.Sent.Count);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(409)]
    [InlineData(412)]
    [InlineData(501)]
    public async Task WhatDoesNotPassIsNotSentAgain(int status)
    {
        using var transport = new FakeTransport(FakeTransport.Json((HttpStatusCode)status, Busy));
        using var client = CloudTest.Client(transport);

        await CloudTest.FailureAsync(client, CloudTest.Get());

        Assert.Single(transport.Sent);
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    public async Task WritesThatAreTheSameTwiceAreSentAgain(string method)
    {
        using var transport = new FakeTransport(FakeTransport.Json(HttpStatusCode.ServiceUnavailable, Busy), FakeTransport.Ok());
        using var client = CloudTest.Client(transport);

        await client.SendAsync(CloudTest.Request(new HttpMethod(method), "v1/x", []), TestContext.Current.CancellationToken);

        Assert.Equal(2, transport.Sent.Count);
        Assert.Equal(transport.Sent[0].Body, transport.Sent[1].Body);
    }

    [Theory]
    [InlineData(408)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task WhatMakesSomethingIsNotSentAgainWhenItMayHaveBeenMade(int status)
    {
        using var transport = new FakeTransport(FakeTransport.Json((HttpStatusCode)status, Busy), FakeTransport.Ok());
        using var client = CloudTest.Client(transport);

        var failure = await CloudTest.FailureAsync(client, CloudTest.Post());

        Assert.Equal(SwarmCloudFailure.OutcomeUnknown, failure.Failure);
        Assert.Equal("OutcomeUnknown", failure.ErrorId);
        Assert.Single(transport.Sent);
    }

    [Fact]
    public async Task WhatMakesSomethingIsSentAgainWhenItWasOneTooMany()
    {
        var clock = new InstantClock();
        using var transport = new FakeTransport(
            FakeTransport.Json(HttpStatusCode.TooManyRequests, Busy, response => response.Headers.RetryAfter = new RetryConditionHeaderValue(TimeSpan.FromSeconds(7))), FakeTransport.Ok());
        using var client = CloudTest.Client(transport, clock);

        await client.SendAsync(CloudTest.Post(), TestContext.Current.CancellationToken);

        Assert.Equal([transport.Sent[0].Body, transport.Sent[0].Body], transport.Sent.Select(sent => sent.Body));
        Assert.Equal([TimeSpan.FromSeconds(7)], clock.Waits);
    }

    [Fact]
    public async Task RetryAfterMayBeADate()
    {
        var clock = new InstantClock();
        using var transport = new FakeTransport(
            FakeTransport.Json(HttpStatusCode.ServiceUnavailable, Busy, response => response.Headers.RetryAfter = new RetryConditionHeaderValue(clock.GetUtcNow() + TimeSpan.FromSeconds(30))),
            FakeTransport.Ok());
        using var client = CloudTest.Client(transport, clock);

        await client.SendAsync(CloudTest.Get(), TestContext.Current.CancellationToken);

        Assert.Equal([TimeSpan.FromSeconds(30)], clock.Waits);
    }

    [Fact]
    public async Task AWaitLongerThanTheBudgetIsNotBegun()
    {
        var clock = new InstantClock();
        using var transport = new FakeTransport(
            FakeTransport.Json(HttpStatusCode.TooManyRequests, Busy, response => response.Headers.RetryAfter = new RetryConditionHeaderValue(TimeSpan.FromHours(1))));
        using var client = CloudTest.Client(transport, clock);

        var failure = await CloudTest.FailureAsync(client, CloudTest.Get());

        Assert.Equal(SwarmCloudFailure.QuotaExceeded, failure.Failure);
        Assert.Empty(clock.Waits);
        Assert.Single(transport.Sent);
    }

    [Fact]
    public async Task WaitsGrowAndEnd()
    {
        var clock = new InstantClock();
        var trace = new RecordingTrace();
        using var transport = new FakeTransport(FakeTransport.Json(HttpStatusCode.ServiceUnavailable, Busy));
        using var client = CloudTest.Client(transport, clock, trace: trace);

        var failure = await CloudTest.FailureAsync(client, CloudTest.Get());

        Assert.Equal(SwarmCloudFailure.Unavailable, failure.Failure);
        Assert.Equal(RetryHandler.MaxAttempts, transport.Sent.Count);
        Assert.Equal(RetryHandler.MaxAttempts - 1, clock.Waits.Count);
        for (var i = 0; i < clock.Waits.Count; i++)
        {
            // Half of the delay is left to chance, so that many clients do not come back at the same moment.
            var longest = TimeSpan.FromSeconds(Math.Min(20, 0.25 * Math.Pow(2, i)));
            Assert.InRange(clock.Waits[i], longest / 2, longest);
        }

        Assert.Contains(trace.Lines, line => line.Contains("it is sent again in", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(HttpRequestError.ConnectionError)]
    [InlineData(HttpRequestError.NameResolutionError)]
    [InlineData(HttpRequestError.SecureConnectionError)]
    [InlineData(HttpRequestError.ProxyTunnelError)]
    public async Task WhatNeverLeftIsSentAgainWhateverItMakes(HttpRequestError error)
    {
        using var transport = new FakeTransport(FakeTransport.Throws(new HttpRequestException(error)), FakeTransport.Ok());
        using var client = CloudTest.Client(transport);

        await client.SendAsync(CloudTest.Post(), TestContext.Current.CancellationToken);

        Assert.Equal(2, transport.Sent.Count);
    }

    [Theory]
    [InlineData(HttpRequestError.ResponseEnded)]
    [InlineData(HttpRequestError.Unknown)]
    [InlineData(HttpRequestError.HttpProtocolError)]
    public async Task AnAnswerLostOnTheWayIsAskedForAgainOnlyWhereNothingIsMade(HttpRequestError error)
    {
        using var reads = new FakeTransport(FakeTransport.Throws(new HttpRequestException(error)), FakeTransport.Ok());
        using var reader = CloudTest.Client(reads);
        using var writes = new FakeTransport(FakeTransport.Throws(new HttpRequestException(error)), FakeTransport.Ok());
        using var writer = CloudTest.Client(writes);

        await reader.SendAsync(CloudTest.Get(), TestContext.Current.CancellationToken);
        var failure = await CloudTest.FailureAsync(writer, CloudTest.Post());

        Assert.Equal(2, reads.Sent.Count);
        Assert.Equal(SwarmCloudFailure.OutcomeUnknown, failure.Failure);
        Assert.Single(writes.Sent);
    }

    [Fact]
    public async Task AnAnswerThatBreaksOffIsNoAnswer()
    {
        static HttpResponseMessage Broken(HttpRequestMessage request) => new(HttpStatusCode.OK) { Content = new BrokenContent() };
        using var writes = new FakeTransport(Broken, FakeTransport.Ok());
        using var writer = CloudTest.Client(writes);
        using var reads = new FakeTransport(Broken, FakeTransport.Ok("""{"name":"i"}"""));
        using var reader = CloudTest.Client(reads);

        var failure = await CloudTest.FailureAsync(writer, CloudTest.Post());
        var answer = await reader.SendAsync(CloudTest.Get(), TestContext.Current.CancellationToken);

        Assert.Equal(SwarmCloudFailure.OutcomeUnknown, failure.Failure);
        Assert.Single(writes.Sent);
        Assert.Equal("i", answer.Text("name"));
    }

    [Fact]
    public async Task AClosedPortIsNamed()
    {
        using var port = new ClosedPort();
        var clock = new InstantClock();
        var settings = CloudTest.Settings(new CloudOptions { AccessToken = CloudTest.Token, Endpoint = new Uri($"http://127.0.0.1:{port.Number}"), IsTokenForEndpoint = true });
        using var transport = new SocketsHttpHandler();
        using var client = CloudTest.Client(transport, clock, settings);

        var failure = await CloudTest.FailureAsync(client, CloudTest.Post());

        Assert.Equal("AddressUnreachable", failure.ErrorId);
        Assert.Contains($"http://127.0.0.1:{port.Number}", failure.Message, StringComparison.Ordinal);
        Assert.Equal(RetryHandler.MaxAttempts - 1, clock.Waits.Count);
    }

    [Fact]
    public async Task CtrlCEndsAWaitAtOnce()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using var transport = new FakeTransport(request =>
        {
            stop.Cancel();
            return FakeTransport.Json(HttpStatusCode.ServiceUnavailable, Busy)(request);
        });
        using var client = CloudTest.Client(transport, TimeProvider.System);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.SendAsync(CloudTest.Get(), stop.Token));

        Assert.Single(transport.Sent);
    }

    private sealed class BrokenContent : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => throw new IOException("The response ended prematurely.");

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
