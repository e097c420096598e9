using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MarketingSwarm.Testing;

/// <summary>
///   One Google API as its own discovery document describes it: methods with their paths, parameters and schemas. The documents are in the folder
///   that SWARM_TEST_DISCOVERY names, or in shared/discovery beside the repository; they are no part of the repository.
/// </summary>
public sealed class DiscoveryDocument
{
    private const string FolderVariable = "SWARM_TEST_DISCOVERY";

    private readonly JsonElement _root;
    private readonly HashSet<string> _hosts;

    private DiscoveryDocument(JsonElement root)
    {
        _root = root;
        Name = root.GetProperty("name").GetString()!;
        Version = root.GetProperty("version").GetString()!;
        _hosts = [new Uri(root.GetProperty("rootUrl").GetString()!).Host];
        if (root.TryGetProperty("endpoints", out var endpoints))
        {
            foreach (var endpoint in endpoints.EnumerateArray()) _hosts.Add(new Uri(endpoint.GetProperty("endpointUrl").GetString()!).Host);
        }

        Methods = [.. MethodsOf(root)];
    }

    /// <summary>Where the documents are; null where there are none.</summary>
    public static string? Folder { get; } = FindFolder();

    public string Name { get; }

    public string Version { get; }

    internal IReadOnlyList<DiscoveryMethod> Methods { get; }

    /// <summary>The document of an API, such as "secretmanager/v1"; null where it is not found.</summary>
    public static DiscoveryDocument? TryLoad(string api)
    {
        if (Folder is null) return null;
        var name = api.Replace("/", "__", StringComparison.Ordinal);
        var file = Directory.EnumerateFiles(Folder, name + "*.json")
            .FirstOrDefault(path => Path.GetFileName(path).Split('.')[0] == name);
        return file is null ? null : Load(file);
    }

    /// <summary>All documents; none where there is no folder of them.</summary>
    public static IReadOnlyList<DiscoveryDocument> LoadAll()
        => Folder is null ? [] : [.. Directory.EnumerateFiles(Folder, "*.json").Order(StringComparer.Ordinal).Select(Load)];

    public override string ToString() => $"{Name} {Version}";

    internal JsonElement Schema(string name) => _root.GetProperty("schemas").GetProperty(name);

    /// <summary>The parameter that every method takes; null when there is none of that name. A system parameter may be written with a dollar sign.</summary>
    internal JsonElement? StandardParameter(string name)
        => _root.TryGetProperty("parameters", out var parameters)
            && (parameters.TryGetProperty(name, out var parameter) || parameters.TryGetProperty(name.TrimStart('$'), out parameter))
            ? parameter
            : null;

    internal bool IsServedBy(string host) => _hosts.Contains(host) || host.EndsWith("-" + Name + ".googleapis.com", StringComparison.Ordinal);

    private static DiscoveryDocument Load(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(file));
        return new DiscoveryDocument(document.RootElement.Clone());
    }

    private static string? FindFolder()
    {
        if (Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } named)
        {
            return Directory.Exists(named) ? named : throw new DirectoryNotFoundException($"{FolderVariable} names '{named}', which is no folder.");
        }

        var beside = Path.Combine(Repository.Root, "..", "shared", "discovery");
        return Directory.Exists(beside) ? beside : null;
    }

    private IEnumerable<DiscoveryMethod> MethodsOf(JsonElement resource)
    {
        if (resource.TryGetProperty("methods", out var methods))
        {
            foreach (var method in methods.EnumerateObject()) yield return new DiscoveryMethod(this, _root.GetProperty("servicePath").GetString()!, method.Value);
        }

        if (!resource.TryGetProperty("resources", out var resources)) yield break;
        foreach (var child in resources.EnumerateObject())
        {
            foreach (var method in MethodsOf(child.Value)) yield return method;
        }
    }
}

/// <summary>A method of an API: where it is called, and what it takes and gives.</summary>
internal sealed partial class DiscoveryMethod
{
    private readonly JsonElement _description;
    private readonly Regex _path;
    private readonly List<string> _pathParameters = [];

    internal DiscoveryMethod(DiscoveryDocument document, string servicePath, JsonElement description)
    {
        _description = description;
        Document = document;
        Id = description.GetProperty("id").GetString()!;
        Verb = description.GetProperty("httpMethod").GetString()!;
        _path = Compile("/" + servicePath + description.GetProperty("path").GetString());
    }

    internal DiscoveryDocument Document { get; }

    internal string Id { get; }

    internal string Verb { get; }

    /// <summary>How many characters of the path are the method's own: of two methods that a path fits, the one with more is meant.</summary>
    internal int LiteralLength { get; private set; }

    internal string? RequestSchema => SchemaName("request");

    internal string? ResponseSchema => SchemaName("response");

    /// <summary>The values of the path's parameters, decoded; null where the path is another method's.</summary>
    internal IReadOnlyDictionary<string, string>? Match(string path)
        => _path.Match(path) is { Success: true } match
            ? _pathParameters.Select((name, i) => (name, match.Groups[$"p{i}"].Value)).ToDictionary(pair => pair.name, pair => Uri.UnescapeDataString(pair.Value))
            : null;

    internal IEnumerable<JsonProperty> Parameters
        => _description.TryGetProperty("parameters", out var parameters) ? parameters.EnumerateObject() : [];

    internal JsonElement? Parameter(string name)
        => _description.TryGetProperty("parameters", out var parameters) && parameters.TryGetProperty(name, out var parameter) ? parameter : null;

    [GeneratedRegex(@"\{(?<reserved>\+?)(?<name>[^}]+)\}")]
    private static partial Regex Expression();

    private string? SchemaName(string property)
        => _description.TryGetProperty(property, out var schema) ? schema.GetProperty("$ref").GetString() : null;

    private Regex Compile(string template)
    {
        var pattern = new StringBuilder("^");
        var end = 0;
        foreach (Match expression in Expression().Matches(template))
        {
            Literal(template[end..expression.Index]);
            end = expression.Index + expression.Length;
            var name = expression.Groups["name"].Value;
            // {+name} spans segments, and its pattern says which; {name} is one segment.
            var values = expression.Groups["reserved"].Length == 0 ? "[^/]+"
                : Parameter(name)?.TryGetProperty("pattern", out var own) == true ? own.GetString()!.TrimStart('^').TrimEnd('$')
                : ".+";
            pattern.Append("(?<p").Append(_pathParameters.Count).Append('>').Append(values).Append(')');
            _pathParameters.Add(name);
        }

        Literal(template[end..]);
        return new Regex(pattern.Append('$').ToString(), RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture);

        void Literal(string text)
        {
            LiteralLength += text.Length;
            pattern.Append(Regex.Escape(text));
        }
    }
}
