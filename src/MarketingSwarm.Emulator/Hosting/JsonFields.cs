using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace MarketingSwarm.Emulator.Hosting;

/// <summary>Reading and writing of messages as JSON nodes.</summary>
internal static class JsonFields
{
    /// <summary>The text of a field; null when it is absent or empty.</summary>
    public static string? Text(this JsonObject message, string field) => message[field]?.ToString() is { Length: > 0 } text ? text : null;

    /// <summary>The message in a field; null when it is absent.</summary>
    public static JsonObject? Message(this JsonObject message, string field) => message[field] as JsonObject;

    /// <summary>The items of a repeated field; JSON's mapping takes a single value for a list of one.</summary>
    public static IEnumerable<JsonNode> Items(this JsonObject message, string field) => message[field] switch
    {
        null => [],
        JsonArray list => list.OfType<JsonNode>(),
        var single => [single],
    };

    /// <inheritdoc cref="Items"/>
    public static IEnumerable<JsonObject> Messages(this JsonObject message, string field) => message.Items(field).OfType<JsonObject>();

    /// <summary>Copies fields that are there.</summary>
    public static void CopyTo(this JsonObject source, JsonObject target, params IEnumerable<string> fields)
    {
        foreach (var field in fields)
        {
            if (source[field] is { } value) target[field] = value.DeepClone();
        }
    }

    /// <summary>Removes what JSON's mapping leaves out: fields that are null, empty lists, and these maps where they are empty.</summary>
    public static JsonObject WithoutEmpty(this JsonObject message, params IReadOnlyList<string> maps)
    {
        foreach (var (field, value) in message.ToList())
        {
            if (value is null or JsonArray { Count: 0 } || (value is JsonObject { Count: 0 } && maps.Contains(field))) message.Remove(field);
        }

        return message;
    }

    /// <summary>A copy without the fields that are null, at any depth: they stand for absent ones.</summary>
    public static JsonObject WithoutNulls(this JsonObject message)
    {
        var copy = message.DeepClone().AsObject();
        Strip(copy);
        return copy;

        static void Strip(JsonNode? node)
        {
            if (node is JsonArray list)
            {
                foreach (var item in list) Strip(item);
            }
            else if (node is JsonObject inner)
            {
                foreach (var (field, value) in inner.ToList())
                {
                    if (value is null) inner.Remove(field);
                    else Strip(value);
                }
            }
        }
    }

    /// <summary>The time as the APIs write it, to a microsecond; it sorts as a text.</summary>
    public static string ToText(this DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    /// <summary>A time of a message.</summary>
    public static DateTimeOffset ToTime(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    /// <summary>A duration of a message, for example <c>300s</c>.</summary>
    public static decimal ToSeconds(string duration) => decimal.Parse(duration[..^1], NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);

    /// <summary>A new version mark of a resource, with the quotation marks that belong to it.</summary>
    public static string NewETag() => $"\"{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(7))}\"";
}
