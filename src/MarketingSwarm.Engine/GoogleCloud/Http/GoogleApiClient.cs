using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MarketingSwarm.Engine.GoogleCloud.Identity;

namespace MarketingSwarm.Engine.GoogleCloud;

/// <summary>Sends requests to Google's APIs and gives their answers as they came, unknown fields included.</summary>
/// <remarks>
///   Stands behind this one method so that Google's generated clients can take its place. Answers are <see cref="JsonObject"/>s, not classes: what is read,
///   changed and written back must keep the fields that nobody here knows.
/// </remarks>
internal interface IGoogleApi
{
    CloudSettings Settings { get; }

    ICloudTrace Trace { get; }

    TimeProvider Clock { get; }

    /// <exception cref="SwarmCloudException">Google could not be reached, or refused.</exception>
    Task<JsonObject> SendAsync(GoogleRequest request, CancellationToken cancellationToken);
}

/// <inheritdoc cref="IGoogleApi"/>
internal sealed class GoogleApiClient : IGoogleApi, IDisposable
{
    // Longer than any of these APIs takes to answer; the long work is in operations.
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(60);

    // One pool of connections a process: a cmdlet lives for seconds.
    private static readonly Lazy<SocketsHttpHandler> SharedTransport = new(CreateTransport);

    private readonly HttpClient _client;

    /// <param name="settings">Where to, and as whom.</param>
    /// <param name="trace">Who is told of each request.</param>
    /// <param name="clock">Measures the waits between attempts.</param>
    /// <param name="transport">What carries the requests; the process's own connections by default.</param>
    internal GoogleApiClient(CloudSettings settings, ICloudTrace trace, TimeProvider? clock = null, HttpMessageHandler? transport = null)
    {
        Settings = settings;
        Trace = trace;
        Clock = clock ?? TimeProvider.System;
        var attempts = new AttemptHandler(transport ?? SharedTransport.Value, settings.Credential, AttemptTimeout);
        // The connections outlive this client, which ends with its cmdlet.
        _client = new HttpClient(new RetryHandler(attempts, Clock), disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };
        var version = typeof(GoogleApiClient).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("MarketingSwarm", version));
    }

    public CloudSettings Settings { get; }

    public ICloudTrace Trace { get; }

    public TimeProvider Clock { get; }

    public async Task<JsonObject> SendAsync(GoogleRequest request, CancellationToken cancellationToken)
    {
        var address = Settings.GetAddress(request.Api);
        using var message = new HttpRequestMessage(request.Method, new Uri(address, request.Path));
        message.Options.Set(RetryHandler.IdempotencyKey, request.Idempotency);
        message.Options.Set(RetryHandler.NoteKey, (problem, delay) =>
            Trace.Verbose(FormattableString.Invariant($"{request.Method} {message.RequestUri}: {problem}; it is sent again in {delay.TotalSeconds:0.0} s.")));
        if (request.Body is not null)
        {
            message.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(request.Body.ToJsonString()));
            message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json") { CharSet = "utf-8" };
            Trace.Debug(() => request.Describe(address));
        }

        var started = Stopwatch.GetTimestamp();
        try
        {
            using var response = await _client.SendAsync(message, cancellationToken).ConfigureAwait(false);
            var content = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            Trace.Verbose(FormattableString.Invariant(
                $"{request.Method} {message.RequestUri}: HTTP {(int)response.StatusCode} in {Stopwatch.GetElapsedTime(started).TotalMilliseconds:0} ms."));
            if (!response.IsSuccessStatusCode) throw Errors.FromGoogle(request, GoogleError.Parse((int)response.StatusCode, content), Settings.Credential);
            if (string.IsNullOrWhiteSpace(content)) return [];
            var answer = GoogleJson.Parse(content) as JsonObject ?? throw Errors.AnswerNotUnderstood(request, address, "it is not a JSON object");
            Trace.Debug(() => SecretFields.Mask(answer).ToJsonString());
            return answer;
        }
        catch (HttpRequestException exception) when (exception.StatusCode is null)
        {
            throw RetryHandler.IsBeforeSending(exception) || request.Idempotency == Idempotency.Repeatable
                ? Errors.AddressUnreachable(request, address, exception) : Errors.OutcomeUnknown(request, exception.Message);
        }
        catch (Exception exception) when (exception is IOException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw request.Idempotency == Idempotency.Repeatable
                ? Errors.AnswerTimedOut(request, address) : Errors.OutcomeUnknown(request, exception is IOException ? exception.Message : "no answer in time");
        }
        catch (JsonException exception)
        {
            if (request.Idempotency == Idempotency.Creating) throw Errors.OutcomeUnknown(request, "the answer is not JSON");
            throw Errors.AnswerNotUnderstood(request, address, exception.Message);
        }
    }

    public void Dispose() => _client.Dispose();

    private static SocketsHttpHandler CreateTransport() => new()
    {
        AutomaticDecompression = DecompressionMethods.All,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        // A redirect would carry the request, and with it what it holds, to an address that nobody named.
        AllowAutoRedirect = false,
        Proxy = new ProxyBeyondLoopback(),
    };

    /// <summary>One attempt: a token, a time limit, and one more try with a new token where the first was refused.</summary>
    private sealed class AttemptHandler(HttpMessageHandler inner, CredentialChoice credential, TimeSpan timeout) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(timeout);
            await AuthorizeAsync(request, isRejected: false, limit.Token).ConfigureAwait(false);
            var response = await base.SendAsync(request, limit.Token).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.Unauthorized && credential.AccessToken is null)
            {
                // The library thought it valid: it was revoked, or the login changed meanwhile. Nothing was carried out.
                response.Dispose();
                await AuthorizeAsync(request, isRejected: true, limit.Token).ConfigureAwait(false);
                response = await base.SendAsync(request, limit.Token).ConfigureAwait(false);
            }

            // Read within the limit: an answer that never ends is none.
            await response.Content.LoadIntoBufferAsync(limit.Token).ConfigureAwait(false);
            return response;
        }

        private async Task AuthorizeAsync(HttpRequestMessage request, bool isRejected, CancellationToken cancellationToken)
        {
            var token = await AccessTokens.GetAsync(credential, request.RequestUri!, isRejected, cancellationToken).ConfigureAwait(false);
            request.Headers.Remove("Authorization");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.AccessToken);
            foreach (var (name, values) in token.Headers)
            {
                request.Headers.Remove(name);
                request.Headers.TryAddWithoutValidation(name, values);
            }
        }
    }
}
