using System.Text.Json.Nodes;

namespace MarketingSwarm.Engine.GoogleCloud.Monitoring;

/// <summary>
///   Makes what Cloud Monitoring would make any number of times, since neither names nor request ids keep it from that: after an answer that was lost it is
///   looked for before it is asked for again.
/// </summary>
internal static class OneOfAKind
{
    private const int MaxSends = 10;

    /// <param name="api">Where to.</param>
    /// <param name="request">The request that makes it.</param>
    /// <param name="find">What is there of its kind, if anything.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>What was made, or was found to have been made.</returns>
    internal static async Task<JsonObject> CreateAsync(
        IGoogleApi api, GoogleRequest request, Func<CancellationToken, Task<JsonObject?>> find, CancellationToken cancellationToken)
    {
        for (var send = 1; ; send++)
        {
            try
            {
                return await api.SendAsync(request, cancellationToken).ConfigureAwait(false);
            }
            catch (SwarmCloudException exception) when (exception.Failure == SwarmCloudFailure.OutcomeUnknown && send < MaxSends)
            {
                api.Trace.Verbose($"{exception.Message} It is looked for.");
                if (await find(cancellationToken).ConfigureAwait(false) is { } made) return made;
            }
        }
    }
}
