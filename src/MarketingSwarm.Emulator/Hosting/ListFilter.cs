using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace MarketingSwarm.Emulator.Hosting;

/// <summary>
///   The filter of a list method: comparisons such as <c>display_name = "a" AND user_labels.team = "b"</c> with =, !=, :, &lt;, &lt;=, &gt; and &gt;=,
///   joined by AND (also by nothing but a space), OR, NOT or a minus sign, and parentheses.
/// </summary>
internal sealed class ListFilter
{
    private readonly List<string> _tokens;
    private readonly string _text;
    private int _position;

    private ListFilter(string text)
    {
        _text = text;
        _tokens = [.. Tokens(text)];
    }

    /// <summary>Whether a resource is asked for; all are without a filter.</summary>
    /// <exception cref="ApiException">It is no filter.</exception>
    public static Func<JsonObject, bool> Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return _ => true;
        var filter = new ListFilter(text);
        var matches = filter.Disjunction();
        return filter.Next is null ? matches : throw filter.Error();
    }

    private string? Next => _position < _tokens.Count ? _tokens[_position] : null;

    private static IEnumerable<string> Tokens(string text)
    {
        for (var i = 0; i < text.Length;)
        {
            var start = i;
            if (char.IsWhiteSpace(text[i]))
            {
                i++;
            }
            else if (text[i] is '"' or '\'')
            {
                var quote = text[i];
                StringBuilder value = new("\"");
                for (i++; i < text.Length && text[i] != quote; i++)
                {
                    if (text[i] == '\\' && i + 1 < text.Length) i++;
                    value.Append(text[i]);
                }

                if (i == text.Length) throw ApiException.InvalidArgument($"Invalid filter: a quotation mark has no end in {text}");
                i++;
                yield return value.ToString();
            }
            else if (text[i] is '(' or ')' or '=' or ':')
            {
                i++;
                yield return text[start..i];
            }
            else if (text[i] is '<' or '>' or '!')
            {
                i += i + 1 < text.Length && text[i + 1] == '=' ? 2 : 1;
                yield return text[start..i];
            }
            else
            {
                while (i < text.Length && !char.IsWhiteSpace(text[i]) && text[i] is not ('(' or ')' or '=' or ':' or '<' or '>' or '!' or '"' or '\'')) i++;
                yield return text[start..i];
            }
        }
    }

    private Func<JsonObject, bool> Disjunction()
    {
        var left = Conjunction();
        while (Take("OR"))
        {
            var (one, other) = (left, Conjunction());
            left = resource => one(resource) || other(resource);
        }

        return left;
    }

    private Func<JsonObject, bool> Conjunction()
    {
        var left = Term();
        while (Take("AND") || Next is not (null or "OR" or ")"))
        {
            var (one, other) = (left, Term());
            left = resource => one(resource) && other(resource);
        }

        return left;
    }

    private Func<JsonObject, bool> Term()
    {
        if (Take("NOT") || Take("-"))
        {
            var negated = Term();
            return resource => !negated(resource);
        }

        if (!Take("(")) return Comparison();
        var inner = Disjunction();
        return Take(")") ? inner : throw Error();
    }

    private Func<JsonObject, bool> Comparison()
    {
        if (Next is not { } field || !(char.IsLetter(field[0]) || field[0] == '_')) throw Error();
        _position++;
        if (Next is not ("=" or "!=" or ":" or "<" or "<=" or ">" or ">=")) throw Error();
        var comparison = _tokens[_position++];
        if (Next is not { } value || value is "(" or ")") throw Error();
        _position++;
        value = value.TrimStart('"');
        var path = field.Split('.').Select(FieldMask.CamelCase).ToArray();
        // Keys of labels are the user's: they stay as they are.
        if (path.Length > 1) path[^1] = field[(field.LastIndexOf('.') + 1)..];
        return resource => Compare(Find(resource, path), comparison, value);
    }

    private static JsonNode? Find(JsonObject resource, string[] path)
    {
        JsonNode? node = resource;
        foreach (var field in path) node = (node as JsonObject)?[field];
        return node;
    }

    private static bool Compare(JsonNode? actual, string comparison, string value)
    {
        if (comparison == "!=") return !Compare(actual, "=", value);
        switch (actual)
        {
            case null:
                return false;
            case JsonObject map:
                return comparison == ":" && (value == "*" || map.ContainsKey(value));
            case JsonArray list:
                return list.Any(item => Compare(item, comparison, value));
        }

        var text = actual.ToString();
        if (comparison == ":") return value == "*" || text.Contains(value, StringComparison.OrdinalIgnoreCase);
        if (comparison == "=") return string.Equals(text, value, StringComparison.Ordinal);
        var order = decimal.TryParse(text, CultureInfo.InvariantCulture, out var number) && decimal.TryParse(value, CultureInfo.InvariantCulture, out var other)
            ? number.CompareTo(other)
            : string.CompareOrdinal(text, value);
        return comparison switch
        {
            "<" => order < 0,
            "<=" => order <= 0,
            ">" => order > 0,
            _ => order >= 0,
        };
    }

    private bool Take(string token)
    {
        if (Next != token) return false;
        _position++;
        return true;
    }

    private ApiException Error()
        => ApiException.InvalidArgument($"Invalid filter: {(Next is { } token ? $"'{token.TrimStart('"')}' is not expected there" : "it ends too early")}: {_text}");
}
