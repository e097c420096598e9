using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MarketingSwarm.Engine.GoogleCloud;

/// <summary>Who has a role on a resource: its IAM policy, changed under its etag and otherwise kept as it is.</summary>
internal static partial class IamGrants
{
    private const int PolicyVersion = 3;
    private const int MaxWrites = 10;

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);

    /// <summary>The member among those of the role's binding that has no condition.</summary>
    /// <param name="api">Where to.</param>
    /// <param name="get">Reads the policy.</param>
    /// <param name="set">Writes it.</param>
    /// <param name="role">The role.</param>
    /// <param name="member"><c>user:</c>, <c>serviceAccount:</c>, <c>group:</c> or <c>domain:</c> with a name, or <c>principal://…</c>, <c>principalSet://…</c>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Created or Present.</returns>
    /// <exception cref="SwarmConfigurationException">The member has none of these forms.</exception>
    internal static async Task<CloudAction> EnsureAsync(
        IGoogleApi api, GoogleRequest get, Func<JsonObject, GoogleRequest> set, string role, string member, CancellationToken cancellationToken)
    {
        for (var write = 1; ; write++)
        {
            if (await PlanAsync(api, get, set, role, member, cancellationToken).ConfigureAwait(false) is not { } request)
                return write == 1 ? CloudAction.Present : CloudAction.Created;
            try
            {
                await api.SendAsync(request, cancellationToken).ConfigureAwait(false);
                return CloudAction.Created;
            }
            catch (SwarmCloudException exception) when (exception.Failure == SwarmCloudFailure.StaleVersion && write < MaxWrites)
            {
                // Another writer was faster, or it was this one, whose answer was lost: what is there now says it.
                var delay = FirstDelay * Math.Min(write, 5) * (0.5 + Random.Shared.NextDouble());
                api.Trace.Verbose(FormattableString.Invariant($"{exception.Message} It is read again in {delay.TotalSeconds:0.0} s."));
                await Task.Delay(delay, api.Clock, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The request that grants it, from the policy as it is now; null where it is granted already.</summary>
    /// <inheritdoc cref="EnsureAsync"/>
    internal static async Task<GoogleRequest?> PlanAsync(
        IGoogleApi api, GoogleRequest get, Func<JsonObject, GoogleRequest> set, string role, string member, CancellationToken cancellationToken)
    {
        RequireMember(member);
        var policy = await api.SendAsync(get, cancellationToken).ConfigureAwait(false);
        return Add(policy, role, member) ? set(policy) : null;
    }

    /// <summary>Which of some roles a member has by a binding without a condition; null where it has none.</summary>
    internal static string? Find(JsonObject policy, string member, params IReadOnlyCollection<string> roles)
        => policy.Items("bindings").FirstOrDefault(binding => binding["condition"] is null && roles.Contains(binding.Text("role"))
            && (binding["members"] as JsonArray)?.Any(item => IsSame($"{item}", member) || $"{item}" is "allUsers" or "allAuthenticatedUsers") == true).Text("role");

    /// <summary>Adds a member to a policy's unconditional binding of a role; every other binding and field stays as it is.</summary>
    /// <returns>Whether it was not there.</returns>
    internal static bool Add(JsonObject policy, string role, string member)
    {
        var binding = policy.Items("bindings").FirstOrDefault(binding => binding.Text("role") == role && binding["condition"] is null);
        var members = binding?["members"] as JsonArray;
        if (members?.Any(item => IsSame($"{item}", member)) == true) return false;

        policy["version"] = PolicyVersion;
        if (policy["bindings"] is not JsonArray bindings) policy["bindings"] = bindings = [];
        if (binding is null) bindings.Add((JsonNode)(binding = new JsonObject { ["role"] = role }));
        if (members is null) binding["members"] = members = [];
        members.Add((JsonNode)member);
        return true;
    }

    /// <exception cref="SwarmConfigurationException">It is none of the forms that IAM has.</exception>
    internal static void RequireMember(string member)
    {
        if (!Member().IsMatch(member)) throw Errors.MemberMalformed(member);
    }

    // Addresses are kept in lower case; principal:// names resources, whose case counts.
    private static bool IsSame(string left, string right)
        => string.Equals(left, right, right.StartsWith("principal", StringComparison.Ordinal) ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex(
        @"^((user|group):[^\s@:]+@[^\s@:]+|serviceAccount:([^\s@:]+@[^\s@:]+|[^\s:]+\.svc\.id\.goog\[[^\s/\]]+/[^\s/\]]+\])|domain:[^\s@:]+\.[^\s@:]+|principal(Set)?://\S+)\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Member();
}
