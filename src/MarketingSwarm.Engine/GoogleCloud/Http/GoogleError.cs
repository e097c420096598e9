using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MarketingSwarm.Engine.GoogleCloud;

/// <summary>
///   What an answer with an error says, from either of Google's two envelopes (<c>error.errors[]</c> of the older APIs; <c>error.status</c> with
///   <c>error.details[]</c>, https://google.aip.dev/193), or from a page of HTML that a proxy made.
/// </summary>
internal sealed partial class GoogleError
{
    private const int LongestText = 500;

    private GoogleError(int status, string message)
    {
        HttpStatus = status;
        Message = message;
    }

    internal int HttpStatus { get; }

    internal string Message { get; }

    /// <summary>ErrorInfo's reason, else the older envelope's, else the status' name.</summary>
    internal string? Reason { get; private init; }

    /// <summary>The status' name, such as <c>ABORTED</c>.</summary>
    internal string? Status { get; private init; }

    /// <summary>ErrorInfo's metadata.</summary>
    internal IReadOnlyDictionary<string, string> Metadata { get; private init; } = new Dictionary<string, string>();

    /// <summary>The permission that the answer says is missing.</summary>
    internal string? Permission
        => Metadata.TryGetValue("permission", out var named) ? named
            : MissingPermission().Match(Message) is { Success: true } match ? match.Groups["permission"].Value : null;

    internal static GoogleError Parse(int status, string content)
    {
        JsonObject? error = null;
        try
        {
            error = GoogleJson.Parse(content) switch
            {
                JsonObject answer => answer["error"] as JsonObject,
                JsonArray { Count: > 0 } answers => (answers[0] as JsonObject)?["error"] as JsonObject,
                _ => null,
            };
        }
        catch (JsonException)
        {
            // Not Google's API answered but something before it.
        }

        if (error is null) return new GoogleError(status, Shorten(WithoutMarkup(content)));

        var details = (error["details"] as JsonArray)?.OfType<JsonObject>().ToArray() ?? [];
        var info = details.FirstOrDefault(detail => $"{detail["@type"]}".EndsWith("google.rpc.ErrorInfo", StringComparison.Ordinal));
        var older = (error["errors"] as JsonArray)?.OfType<JsonObject>().FirstOrDefault();
        var name = error["status"]?.ToString();
        return new GoogleError(status, Shorten(error["message"]?.ToString() ?? older?["message"]?.ToString() ?? ""))
        {
            Status = name,
            Reason = info?["reason"]?.ToString() ?? older?["reason"]?.ToString() ?? name,
            Metadata = (info?["metadata"] as JsonObject)?.ToDictionary(pair => pair.Key, pair => $"{pair.Value}") ?? [],
        };
    }

    private static string WithoutMarkup(string content) => Spaces().Replace(Markup().Replace(content, " "), " ").Trim();

    private static string Shorten(string text) => text.Length > LongestText ? text[..LongestText] + "…" : text;

    [GeneratedRegex(@"[Pp]ermissions?:? ['""]?(?<permission>[a-z]+(\.[a-zA-Z]+){2,})", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex MissingPermission();

    [GeneratedRegex("<(script|style)[^>]*>.*?</(script|style)>|<[^>]*>", RegexOptions.ExplicitCapture | RegexOptions.Singleline | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Markup();

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Spaces();
}
