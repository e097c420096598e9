using System.Text.Json.Nodes;

namespace MarketingSwarm.Emulator.Hosting;

/// <summary>Which fields of a resource an update is about: <c>display_name,user_labels.team</c>, in the proto's spelling or in JSON's.</summary>
internal static class FieldMask
{
    /// <summary>Maps: what follows in a path is a key of the user's, and no field.</summary>
    private static readonly HashSet<string> Maps = new(StringComparer.Ordinal) { "labels", "userLabels", "annotations", "versionAliases", "limits", "tags" };

    /// <summary>The paths, in JSON's spelling; none for an absent mask.</summary>
    /// <exception cref="ApiException">A path is none of the message's.</exception>
    public static IReadOnlyList<string[]> Parse(string? mask, MessageSchema message)
    {
        List<string[]> paths = [];
        foreach (var path in (mask ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var fields = path.Split('.');
            for (var i = 0; i < fields.Length && (i == 0 || !Maps.Contains(fields[i - 1])); i++) fields[i] = CamelCase(fields[i]);
            if (!message.Has(fields[0])) throw ApiException.InvalidArgument($"Invalid update mask: '{path}' is no field of {message.Name}.");
            paths.Add(fields);
        }

        return paths;
    }

    /// <summary>Sets the fields of the paths to what the source has there; what the source lacks is removed.</summary>
    /// <exception cref="ApiException">A path leads into a list, whose items have no names.</exception>
    public static void Apply(JsonObject target, JsonObject source, IEnumerable<string[]> paths)
    {
        foreach (var path in paths)
        {
            var (to, from) = (target, source);
            foreach (var field in path[..^1])
            {
                if (to[field] is JsonArray || from?[field] is JsonArray)
                    throw ApiException.InvalidArgument($"Invalid update mask: '{string.Join('.', path)}' leads into a list, which can only be replaced whole.");
                if (to[field] is not JsonObject inner) to[field] = inner = [];
                to = inner;
                from = from?[field] as JsonObject;
            }

            if (from?[path[^1]] is { } value) to[path[^1]] = value.DeepClone();
            else to.Remove(path[^1]);
        }
    }

    /// <summary>The JSON name of a proto field.</summary>
    public static string CamelCase(string name)
    {
        var words = name.Split('_', StringSplitOptions.RemoveEmptyEntries);
        return words.Length == 0 ? name : words[0] + string.Concat(words[1..].Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
    }
}
