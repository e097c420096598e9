using System.Globalization;
using System.Text.Json.Nodes;

namespace MarketingSwarm.Engine.GoogleCloud;

/// <summary>Reads Google's JSON: 64-bit numbers are strings there, empty lists and false are absent, times are RFC 3339.</summary>
internal static class GoogleJson
{
    /// <summary>Reads what somebody else wrote: a name that comes twice in an object is an error here, not when it is asked for.</summary>
    /// <exception cref="System.Text.Json.JsonException">It is not JSON.</exception>
    internal static JsonNode? Parse(string text) => JsonNode.Parse(text, documentOptions: new() { AllowDuplicateProperties = false });

    internal static string? Text(this JsonNode? node, params ReadOnlySpan<string> path) => Find(node, path)?.ToString();

    internal static bool Flag(this JsonNode? node, params ReadOnlySpan<string> path) => Find(node, path) is JsonValue value && value.TryGetValue<bool>(out var flag) && flag;

    internal static long? Number(this JsonNode? node, params ReadOnlySpan<string> path)
        => long.TryParse(Find(node, path)?.ToString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>In UTC.</summary>
    internal static DateTime? Time(this JsonNode? node, params ReadOnlySpan<string> path)
        => DateTime.TryParse(
            Find(node, path)?.ToString(), CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    internal static IEnumerable<JsonObject> Items(this JsonNode? node, params ReadOnlySpan<string> path)
        => (Find(node, path) as JsonArray)?.OfType<JsonObject>() ?? [];

    internal static IReadOnlyDictionary<string, string> Map(this JsonNode? node, params ReadOnlySpan<string> path)
        => (Find(node, path) as JsonObject)?.ToDictionary(pair => pair.Key, pair => $"{pair.Value}") ?? [];

    /// <summary>All items of a list that comes in pages.</summary>
    internal static async IAsyncEnumerable<JsonObject> ListAsync(
        this IGoogleApi api, Func<string?, GoogleRequest> request, string field, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? token = null;
        do
        {
            var page = await api.SendAsync(request(token), cancellationToken).ConfigureAwait(false);
            foreach (var warning in page.Items("warnings")) api.Trace.Warning($"{warning.Text("code")}: {warning.Text("message")}");
            foreach (var item in page.Items(field)) yield return item;
            token = page.Text("nextPageToken");
        }
        while (!string.IsNullOrEmpty(token));
    }

    private static JsonNode? Find(JsonNode? node, ReadOnlySpan<string> path)
    {
        foreach (var name in path) node = (node as JsonObject)?[name];
        return node;
    }
}
