using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MarketingSwarm.Emulator.Hosting;

namespace MarketingSwarm.Emulator.CloudSql;

/// <summary>The filter of a list: terms such as <c>state:RUNNABLE</c> or <c>settings.userLabels.team=a*</c>, joined by AND or a space, or by OR.</summary>
internal static partial class Filter
{
    /// <exception cref="ApiException">The text is no filter.</exception>
    public static Func<JsonObject, bool> Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return _ => true;
        List<List<Func<JsonObject, bool>>> alternatives = [[]];
        var position = 0;
        while (position < text.Length)
        {
            var match = Term().Match(text, position);
            if (!match.Success) throw SqlErrors.Invalid($"Invalid filter ({text}).");
            position += match.Length;
            if (match.Groups["or"].Success) alternatives.Add([]);
            else if (match.Groups["field"].Success) alternatives[^1].Add(TermOf(match));
        }

        if (alternatives.Any(terms => terms.Count == 0)) throw SqlErrors.Invalid($"Invalid filter ({text}).");
        return instance => alternatives.Any(terms => terms.All(term => term(instance)));
    }

    private static Func<JsonObject, bool> TermOf(Match match)
    {
        var path = match.Groups["field"].Value.Split('.');
        var wanted = match.Groups["quoted"].Success ? match.Groups["quoted"].Value : match.Groups["plain"].Value;
        var negated = match.Groups["operator"].Value == "!=";
        return instance =>
        {
            var value = path.Aggregate((JsonNode?)instance, (node, name) => (node as JsonObject)?[name])?.ToString();
            var matches = wanted.EndsWith('*') ? value?.StartsWith(wanted[..^1], StringComparison.Ordinal) == true : value == wanted;
            return matches != negated;
        };
    }

    [GeneratedRegex("""\G\s*(?:(?<or>OR)(?=\s)|AND(?=\s)|(?<field>[A-Za-z][\w.-]*)\s*(?<operator>!=|=|:)\s*(?:"(?<quoted>[^"]*)"|(?<plain>[^\s"]+)))\s*""")]
    private static partial Regex Term();
}
