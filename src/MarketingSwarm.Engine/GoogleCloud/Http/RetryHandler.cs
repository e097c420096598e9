using System.Net;
using System.Net.Http.Headers;
using System.Runtime.ExceptionServices;

namespace MarketingSwarm.Engine.GoogleCloud;

/// <summary>
///   Sends a request again where that is safe: a repeatable one after anything transient, a creating one only where it certainly had no effect
///   (429, or no connection was made). Waits twice as long each time, with jitter, and as long as Retry-After asks.
/// </summary>
/// <remarks>
///   Google's own clients and their advice: https://cloud.google.com/storage/docs/retry-strategy for the classes,
///   https://cloud.google.com/sql/docs/postgres/admin-api for the limit of 180 requests a minute.
/// </remarks>
internal sealed class RetryHandler(HttpMessageHandler inner, TimeProvider clock) : DelegatingHandler(inner)
{
    internal static readonly HttpRequestOptionsKey<Idempotency> IdempotencyKey = new("MarketingSwarm.Idempotency");

    /// <summary>Called with what went wrong and how long is waited before the request is sent again.</summary>
    internal static readonly HttpRequestOptionsKey<Action<string, TimeSpan>> NoteKey = new("MarketingSwarm.Note");

    internal const int MaxAttempts = 8;

    // A quota of requests a minute is free again within one.
    internal static readonly TimeSpan Budget = TimeSpan.FromSeconds(90);

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(20);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Options.TryGetValue(IdempotencyKey, out var idempotency);
        request.Options.TryGetValue(NoteKey, out var note);
        var started = clock.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            HttpResponseMessage? response = null;
            Exception? failure = null;
            string problem;
            try
            {
                response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
                if (!IsRetried(response.StatusCode, idempotency)) return response;
                problem = $"HTTP {(int)response.StatusCode}";
            }
            catch (HttpRequestException exception) when (attempt < MaxAttempts && (idempotency == Idempotency.Repeatable || IsBeforeSending(exception)))
            {
                failure = exception;
                problem = exception.Message;
            }
            catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested && attempt < MaxAttempts && idempotency == Idempotency.Repeatable)
            {
                failure = exception;
                problem = "no answer in time";
            }

            var delay = GetDelay(attempt, response?.Headers.RetryAfter);
            if (attempt == MaxAttempts || clock.GetElapsedTime(started) + delay > Budget)
            {
                if (response is not null) return response;
                // As it came: a server that is too slow is not one that cannot be reached.
                ExceptionDispatchInfo.Throw(failure!);
            }

            response?.Dispose();
            note?.Invoke(problem, delay);
            await Task.Delay(delay, clock, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Whether nothing of the request can have reached the other side.</summary>
    internal static bool IsBeforeSending(HttpRequestException exception)
        => exception.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError
            or HttpRequestError.ProxyTunnelError;

    private static bool IsRetried(HttpStatusCode status, Idempotency idempotency) => status switch
    {
        HttpStatusCode.TooManyRequests => true,
        HttpStatusCode.RequestTimeout or HttpStatusCode.InternalServerError or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable
            or HttpStatusCode.GatewayTimeout => idempotency == Idempotency.Repeatable,
        _ => false,
    };

    private TimeSpan GetDelay(int attempt, RetryConditionHeaderValue? retryAfter)
    {
        var longest = Math.Min(LongestDelay.TotalSeconds, FirstDelay.TotalSeconds * Math.Pow(2, attempt - 1));
        var delay = TimeSpan.FromSeconds(longest * (0.5 + Random.Shared.NextDouble() / 2));
        var asked = retryAfter?.Delta ?? (retryAfter?.Date - clock.GetUtcNow());
        return asked > delay ? asked.Value : delay;
    }
}
