using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace MarketingSwarm.Emulator.Hosting;

/// <summary>The IAM policy of a resource: who has which role on it. It is stored as it is read at version 3.</summary>
internal static class IamPolicy
{
    /// <summary>What a resource without bindings answers with.</summary>
    private const string EmptyETag = "ACAB";

    private static readonly string[] MemberKinds =
    [
        "user:", "serviceAccount:", "group:", "domain:", "principal://", "principalSet://", "deleted:", "projectOwner:", "projectEditor:", "projectViewer:",
    ];

    /// <summary>The policy for a reader.</summary>
    /// <param name="stored">null for none.</param>
    /// <param name="requestedVersion">Below 3, conditions are not shown: such a binding's role then says that it has one.</param>
    /// <exception cref="ApiException">There is no such version.</exception>
    public static JsonObject Read(JsonObject? stored, int requestedVersion)
    {
        if (requestedVersion is not (0 or 1 or 3)) throw ApiException.InvalidArgument($"Invalid requested policy version: {requestedVersion}. Valid are 0, 1 and 3.");
        if (stored is null) return new JsonObject { ["etag"] = EmptyETag };
        var policy = stored.DeepClone().AsObject();
        if (requestedVersion == 3 || !HasConditions(policy)) return policy;
        policy["version"] = 1;
        foreach (var binding in policy.Messages("bindings").Where(binding => binding["condition"] is not null))
        {
            var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(binding["condition"]!.ToJsonString())))[..20];
            binding["role"] = $"{binding["role"]}_withcond_{hash}";
            binding.Remove("condition");
        }

        return policy;
    }

    /// <summary>The policy as a setIamPolicy request leaves it, to be stored.</summary>
    /// <exception cref="ApiException">The policy is none, or another change came between.</exception>
    public static JsonObject Set(JsonObject? stored, JsonObject request)
    {
        if (request.Message("policy") is not { } policy) throw ApiException.InvalidArgument("The policy is required.");
        var current = stored?.Text("etag") ?? EmptyETag;
        var given = policy.Text("etag");
        if (given is not null && given != current)
        {
            throw ApiException.Aborted(
                "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff. "
                + $"The request's ETag '{given}' did not match the current policy's ETag '{current}'.");
        }

        var version = policy["version"] is { } number ? int.Parse(number.ToString(), CultureInfo.InvariantCulture) : 0;
        if (version is not (0 or 1 or 3)) throw ApiException.InvalidArgument($"Invalid policy version: {version}. Valid are 0, 1 and 3.");
        if (version != 3 && HasConditions(policy)) throw ApiException.InvalidArgument("A policy with conditional bindings must specify version 3.");
        if (version != 3 && given is not null && stored is not null && HasConditions(stored))
            throw ApiException.InvalidArgument("The current policy has conditional bindings: it must be read and written with version 3.");

        var changed = new JsonObject { ["version"] = version == 0 ? 1 : version };
        var bindings = Normalized(policy);
        if (bindings.Count > 0) changed["bindings"] = bindings;
        policy.CopyTo(changed, "auditConfigs");
        changed["etag"] = Convert.ToBase64String([7, 6, .. RandomNumberGenerator.GetBytes(6)]);
        return changed;
    }

    /// <summary>Whether a binding without a condition, or one whose condition is not evaluated here, gives a member one of the roles.</summary>
    public static bool Grants(JsonObject? policy, string member, params IReadOnlyList<string> roles)
        => policy is not null && policy.Messages("bindings").Any(binding =>
            roles.Contains(binding.Text("role"))
            && binding.Items("members").Any(one => one.ToString() == member || one.ToString() is "allUsers" or "allAuthenticatedUsers"));

    /// <summary>The answer of testIamPermissions: the emulator's bearer has every permission of the service, but for those a fault takes away.</summary>
    /// <param name="request">Asks for permissions.</param>
    /// <param name="service">What the service's permissions begin with, for example <c>secretmanager.</c></param>
    /// <param name="missing">The permissions that a fault takes away.</param>
    /// <exception cref="ApiException">A permission has a wildcard.</exception>
    public static JsonObject Held(JsonObject request, string service, IReadOnlySet<string> missing)
    {
        var asked = request.Items("permissions").Select(permission => permission.ToString()).ToList();
        if (asked.Find(permission => permission.Contains('*', StringComparison.Ordinal)) is { } wild)
            throw ApiException.InvalidArgument($"The permission '{wild}' has a wildcard, which is not allowed here.");
        var held = asked.Where(permission => permission.StartsWith(service, StringComparison.Ordinal) && !missing.Contains(permission)).Select(permission => (JsonNode)permission).ToArray();
        return held.Length == 0 ? [] : new JsonObject { ["permissions"] = new JsonArray(held) };
    }

    private static bool HasConditions(JsonObject policy) => policy.Messages("bindings").Any(binding => binding["condition"] is not null);

    /// <summary>One binding a role and condition, each member once, none empty.</summary>
    private static JsonArray Normalized(JsonObject policy)
    {
        JsonArray bindings = [];
        foreach (var binding in policy.Messages("bindings"))
        {
            var role = binding.Text("role") ?? "";
            if (!role.StartsWith("roles/", StringComparison.Ordinal) && !role.Contains("/roles/", StringComparison.Ordinal))
                throw ApiException.InvalidArgument($"Invalid role: '{role}'. A role is roles/NAME, projects/PROJECT/roles/NAME or organizations/NUMBER/roles/NAME.");
            var members = binding.Items("members").Select(member => Checked(member.ToString())).ToList();
            if (members.Count == 0) continue;
            var condition = binding.Message("condition");
            var same = bindings.OfType<JsonObject>().FirstOrDefault(other => other.Text("role") == role && JsonNode.DeepEquals(other["condition"], condition));
            if (same is null)
            {
                same = new JsonObject { ["role"] = role, ["members"] = new JsonArray() };
                if (condition is not null) same["condition"] = condition.DeepClone();
                bindings.Add((JsonNode)same);
            }

            var list = same["members"]!.AsArray();
            foreach (var member in members.Where(member => !list.Any(other => other!.ToString() == member))) list.Add((JsonNode)member);
        }

        return bindings;
    }

    private static string Checked(string member)
        => member is "allUsers" or "allAuthenticatedUsers"
            || MemberKinds.Any(kind => member.StartsWith(kind, StringComparison.Ordinal) && member.Length > kind.Length)
            ? member
            : throw ApiException.InvalidArgument($"Invalid member: '{member}'. A member is user:EMAIL, serviceAccount:EMAIL, group:EMAIL, domain:NAME, allUsers or the like.");
}
