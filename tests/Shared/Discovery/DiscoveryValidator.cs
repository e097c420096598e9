using System.Text.Json;

namespace MarketingSwarm.Testing;

/// <summary>What is wrong with a request or a response, and where.</summary>
/// <param name="Path">A JSON path into the body ($.settings.tier), or "path", "query.name", "body", "status".</param>
/// <param name="Message">What was found and what the document expects.</param>
public sealed record DiscoveryFinding(string Path, string Message)
{
    public override string ToString() => $"{Path}: {Message}";
}

/// <summary>
///   Checks requests and responses against the APIs' discovery documents: method and path, parameters, and every field of the bodies. The documents'
///   word is final: a field, value or parameter that they do not have is a finding.
/// </summary>
public sealed class DiscoveryValidator
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private static readonly Lazy<DiscoveryValidator?> Loaded = new(
        () => DiscoveryDocument.LoadAll() is { Count: > 0 } documents ? new DiscoveryValidator(documents) : null);

    private readonly DiscoveryMethod[] _methods;

    public DiscoveryValidator(IEnumerable<DiscoveryDocument> documents) => _methods = [.. documents.SelectMany(document => document.Methods)];

    /// <summary>The validator of all documents; null where there are none.</summary>
    public static DiscoveryValidator? TryLoad() => Loaded.Value;

    /// <summary>The validator of all documents. The test is skipped where there are none.</summary>
    public static DiscoveryValidator LoadOrSkip()
    {
        Assert.SkipWhen(Loaded.Value is null, "The discovery documents of the APIs were not found; SWARM_TEST_DISCOVERY names their folder.");
        return Loaded.Value!;
    }

    /// <summary>The id of the method that a request calls, such as "sql.instances.insert"; null where no document has it.</summary>
    public string? MethodOf(string method, Uri uri) => Candidates(method, uri).FirstOrDefault()?.Id;

    /// <summary>What is wrong with a request; nothing when it is right.</summary>
    /// <param name="method">The verb of HTTP.</param>
    /// <param name="uri">The whole address. A host that is not Google's (an emulator's) stands for all of them.</param>
    /// <param name="bodyJson">The body; null or empty when none is sent.</param>
    public IReadOnlyList<DiscoveryFinding> CheckRequest(string method, Uri uri, string? bodyJson)
        => Check(method, uri, candidate =>
        {
            var findings = new List<DiscoveryFinding>();
            CheckParameters(candidate, uri, findings);
            if (candidate.RequestSchema is not { } schema)
            {
                if (!string.IsNullOrEmpty(bodyJson)) findings.Add(new("body", $"{candidate.Id} takes no body."));
            }
            else if (!string.IsNullOrEmpty(bodyJson))
            {
                CheckBody(candidate, schema, bodyJson, isRequest: true, findings);
            }

            return findings;
        });

    /// <summary>What is wrong with the response to a request; nothing when it is right. An error must have one of the two envelopes.</summary>
    public IReadOnlyList<DiscoveryFinding> CheckResponse(string method, Uri uri, int status, string? bodyJson)
        => Check(method, uri, candidate =>
        {
            var findings = new List<DiscoveryFinding>();
            if (status is >= 200 and < 300)
            {
                if (candidate.ResponseSchema is { } schema) CheckBody(candidate, schema, bodyJson ?? "", isRequest: false, findings);
                else if (!string.IsNullOrEmpty(bodyJson)) findings.Add(new("body", $"{candidate.Id} gives no body."));
            }
            else if (status >= 400)
            {
                if (Parse(bodyJson ?? "", findings) is { } body) ErrorEnvelope.Check(status, body, findings);
            }
            else
            {
                findings.Add(new("status", $"{status} is no answer of these APIs."));
            }

            return findings;
        });

    private List<DiscoveryFinding> Check(string method, Uri uri, Func<DiscoveryMethod, List<DiscoveryFinding>> check)
    {
        var candidates = Candidates(method, uri);
        if (candidates.Count > 0) return candidates.Select(check).MinBy(findings => findings.Count)!;
        var verbs = string.Join(", ", _methods.Where(known => known.Match(uri.AbsolutePath) is not null).Select(known => known.Verb).Distinct());
        return [new("path", verbs.Length == 0
            ? $"No document has a method at {uri.AbsolutePath}."
            : $"No document has {method} {uri.AbsolutePath}, only {verbs}.")];
    }

    /// <summary>The methods that are meant: several where two APIs have the same path and only the host could tell them apart.</summary>
    private List<DiscoveryMethod> Candidates(string method, Uri uri)
    {
        var isGoogle = uri.Host.EndsWith(".googleapis.com", StringComparison.Ordinal);
        var matching = _methods
            .Where(known => known.Verb == method && (!isGoogle || known.Document.IsServedBy(uri.Host)) && known.Match(uri.AbsolutePath) is not null)
            .ToList();
        return matching.Count == 0 ? [] : matching.FindAll(known => known.LiteralLength == matching.Max(other => other.LiteralLength));
    }

    private static void CheckParameters(DiscoveryMethod method, Uri uri, List<DiscoveryFinding> findings)
    {
        var given = method.Match(uri.AbsolutePath)!.Select(pair => (pair.Key, pair.Value, Location: "path"))
            .Concat(Query(uri).Select(pair => (pair.Key, pair.Value, Location: "query")))
            .ToList();
        foreach (var group in given.GroupBy(parameter => (parameter.Key, parameter.Location)))
        {
            var (name, location) = group.Key;
            var where = location == "path" ? $"path.{name}" : $"query.{name}";
            var own = method.Parameter(name);
            if (own is { } described && described.GetProperty("location").GetString() != location)
            {
                findings.Add(new(where, $"'{name}' belongs into the {described.GetProperty("location").GetString()}."));
                continue;
            }

            if ((own ?? method.Document.StandardParameter(name)) is not { } parameter)
            {
                findings.Add(new(where, $"{method.Id} has no parameter '{name}'."));
                continue;
            }

            if (group.Count() > 1 && !(parameter.TryGetProperty("repeated", out var repeated) && repeated.GetBoolean()))
            {
                findings.Add(new(where, $"'{name}' is given {group.Count()} times and may be given once."));
            }

            foreach (var (_, value, _) in group)
            {
                // "json;enum-encoding=int" is a media type with a parameter of its own.
                if (own is null && name.TrimStart('$') == "alt" && value.StartsWith("json;", StringComparison.Ordinal)) continue;
                if (SchemaCheck.OfText(parameter, value) is { } message) findings.Add(new(where, message));
                else if (name == "updateMask" && method.RequestSchema is { } schema) SchemaCheck.FieldMask(method.Document, schema, value, where, findings);
            }
        }

        foreach (var parameter in method.Parameters)
        {
            if (parameter.Value.TryGetProperty("required", out var required) && required.GetBoolean() && !given.Exists(one => one.Key == parameter.Name))
            {
                findings.Add(new($"query.{parameter.Name}", $"{method.Id} requires '{parameter.Name}'."));
            }
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> Query(Uri uri)
        => uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('=', 2))
            .Select(pair => KeyValuePair.Create(Decode(pair[0]), pair.Length == 2 ? Decode(pair[1]) : ""));

    private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));

    private static void CheckBody(DiscoveryMethod method, string schema, string json, bool isRequest, List<DiscoveryFinding> findings)
    {
        if (Parse(json, findings) is { } body)
        {
            new SchemaCheck(method.Document, isRequest, findings).Check(method.Document.Schema(schema), body, "$");
        }
    }

    private static JsonElement? Parse(string json, List<DiscoveryFinding> findings)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Strict);
            return document.RootElement.Clone();
        }
        catch (JsonException exception)
        {
            findings.Add(new("body", $"It is not JSON: {exception.Message}"));
            return null;
        }
    }
}
