using System.Collections.Frozen;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MarketingSwarm.Engine.GoogleCloud;

/// <summary>The fields of Google's APIs that hold secrets; nothing that is shown has their values.</summary>
internal static partial class SecretFields
{
    // The checksum too: with it a short secret could be guessed.
    private static readonly FrozenSet<string> Names =
        new[] { "password", "rootPassword", "data", "dataCrc32c", "access_token", "accessToken", "private_key", "id_token", "token", "refresh_token" }
            .ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>A copy with every secret replaced.</summary>
    internal static JsonNode Mask(JsonNode node)
    {
        var copy = node.DeepClone();
        MaskInPlace(copy);
        return copy;
    }

    /// <summary>Whether a variable of that name usually holds a secret, or a URL that may have one in it.</summary>
    internal static bool IsSecretName(string name) => SecretName().IsMatch(name);

    private static void MaskInPlace(JsonNode? node)
    {
        if (node is JsonArray array)
        {
            foreach (var item in array) MaskInPlace(item);
        }
        else if (node is JsonObject owner)
        {
            // A variable of a container may be a secret that somebody wrote there; which, only its name and its form can tell.
            if (owner["name"] is JsonValue variable && owner["value"] is JsonValue written && IsSecretName(variable.ToString()))
                owner["value"] = written.ToString().Contains("://", StringComparison.Ordinal) ? DatabaseReference.MaskPassword(written.ToString()) : SwarmDatabase.MaskedPassword;
            foreach (var (name, value) in owner.ToArray())
            {
                if (value is JsonValue && Names.Contains(name)) owner[name] = SwarmDatabase.MaskedPassword;
                else MaskInPlace(value);
            }
        }
    }

    [GeneratedRegex("PASS|PWD|SECRET|TOKEN|KEY|CREDENTIAL|DSN|URL|URI", RegexOptions.IgnoreCase)]
    private static partial Regex SecretName();
}
