using System.Collections.Frozen;
using System.Text.Json.Nodes;

namespace MarketingSwarm.Engine.GoogleCloud;

/// <summary>The fields of Google's APIs that hold secrets; nothing that is shown has their values.</summary>
internal static class SecretFields
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

    private static void MaskInPlace(JsonNode? node)
    {
        if (node is JsonArray array)
        {
            foreach (var item in array) MaskInPlace(item);
        }
        else if (node is JsonObject owner)
        {
            foreach (var (name, value) in owner.ToArray())
            {
                if (value is JsonValue && Names.Contains(name)) owner[name] = SwarmDatabase.MaskedPassword;
                else MaskInPlace(value);
            }
        }
    }
}
