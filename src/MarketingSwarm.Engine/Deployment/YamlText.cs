using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace MarketingSwarm.Engine.Deployment;

/// <summary>
///   The text of a YAML file with one document, changed where it has to be: comments, order and layout of everything else stay. After each change the text is
///   parsed anew and must mean what was wanted.
/// </summary>
/// <remarks>A path is made of keys (text), positions in a list (numbers) and <see cref="Named"/> items of a list.</remarks>
internal sealed partial class YamlText
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _file;
    private readonly string _newLine;
    private YamlMappingNode _root;

    private YamlText(string file, string text)
    {
        _file = file;
        _newLine = text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";
        Text = text;
        _root = ParseRoot(text);
    }

    /// <summary>The item of a list whose key has that value, <c>env</c>'s by <c>name</c> say.</summary>
    internal sealed record Named(string Key, string Value)
    {
        public override string ToString() => $"[{Key}={Value}]";
    }

    internal string Text { get; private set; }

    /// <summary>The document as JSON: scalars by the core schema of YAML 1.2, a quoted one always as text.</summary>
    internal JsonNode Json => ToJson(_root)!;

    /// <summary>Takes a text apart.</summary>
    /// <param name="file">How messages call it.</param>
    /// <param name="text">The text.</param>
    /// <exception cref="SwarmConfigurationException">It is not YAML, or not one document with a mapping in it.</exception>
    internal static YamlText Parse(string file, string text) => new(file, text);

    /// <summary>A file that did not exist.</summary>
    internal static string Write(JsonObject document)
    {
        var text = new StringBuilder();
        Emit(text, document, 0, "\n");
        return text.ToString();
    }

    /// <summary>The node at a path; null where there is none.</summary>
    internal JsonNode? Find(params ReadOnlySpan<object> path)
    {
        YamlNode node = _root;
        foreach (var segment in path)
        {
            if (Child(node, segment) is not { } child) return null;
            node = child;
        }

        return ToJson(node);
    }

    /// <summary>Makes the node at a path this value; what is there already as wanted is left alone.</summary>
    /// <exception cref="SwarmConfigurationException">The document has something else where the path leads, or cannot be changed there.</exception>
    internal void Set(JsonNode value, params object[] path)
    {
        if (Find(path) is { } found && JsonNode.DeepEquals(found, value)) return;
        var wanted = Json.DeepClone();
        SetJson(wanted, path, value);
        Change(WithValue(path, value), wanted, path);
    }

    /// <summary>Puts an item before the first of a list.</summary>
    /// <exception cref="SwarmConfigurationException">There is no list, or it cannot be changed.</exception>
    internal void Prepend(JsonObject item, params object[] path)
    {
        if (Navigate(path) is not YamlSequenceNode { Children.Count: > 0 } list)
        {
            Set(new JsonArray(item.DeepClone()), path);
            return;
        }

        var wanted = Json.DeepClone();
        ((JsonArray)FindJson(wanted, path)!).Insert(0, item.DeepClone());
        string text;
        if (IsFlow(list))
        {
            text = Text.Insert(Index(list.Start) + 1, Flow(item) + ", ");
        }
        else
        {
            var start = LineStart(Index(list.Start));
            text = Text.Insert(start, EmitItem(item, Column(list.Start)));
        }

        Change(text, wanted, path);
    }

    /// <summary>Takes away the node at a path, and what holds nothing else then. Where it is not, nothing happens.</summary>
    /// <exception cref="SwarmConfigurationException">The document cannot be changed there.</exception>
    internal void Remove(params object[] path)
    {
        if (path.Length == 0 || Find(path) is null) return;
        while (path.Length > 1 && Navigate(path.AsSpan(..^1)) is YamlMappingNode { Children.Count: 1 } or YamlSequenceNode { Children.Count: 1 }) path = path[..^1];
        var wanted = Json.DeepClone();
        RemoveJson(wanted, path);
        var parent = Navigate(path.AsSpan(..^1))!;
        var (first, last, next) = Entry(parent, path[^1]);
        int from, to;
        if (IsFlow(parent))
        {
            from = Index(first.Start);
            to = next is null ? EndOf(last) : Index(next.Start);
            if (next is null) from = Text.LastIndexOf(',', from - 1) is > 0 and var comma && comma > Index(parent.Start) ? comma : from;
        }
        else if (parent is YamlSequenceNode || string.IsNullOrWhiteSpace(Text[LineStart(Index(first.Start))..Index(first.Start)]))
        {
            from = LineStart(Index(first.Start));
            to = AfterLastLine(last);
        }
        else
        {
            // The first key of a list's item stands behind the hyphen.
            from = Index(first.Start);
            to = Index(next!.Start);
        }

        Change(Text.Remove(from, to - from), wanted, path);
    }

    private void Change(string text, JsonNode wanted, ReadOnlySpan<object> path)
    {
        YamlMappingNode root;
        try
        {
            root = ParseRoot(text);
        }
        catch (SwarmConfigurationException)
        {
            throw Errors.YamlNotChangeable(_file, ShowPath(path));
        }

        if (!JsonNode.DeepEquals(ToJson(root), wanted)) throw Errors.YamlNotChangeable(_file, ShowPath(path));
        (Text, _root) = (text, root);
    }

    private YamlMappingNode ParseRoot(string text)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException exception)
        {
            throw Errors.YamlMalformed(_file, exception.Start.Line, exception.Start.Column, exception.InnerException?.Message ?? exception.Message);
        }

        if (stream.Documents.Count != 1) throw Errors.YamlNotOneDocument(_file, stream.Documents.Count);
        return stream.Documents[0].RootNode is YamlMappingNode root ? root : throw Errors.YamlNotOneDocument(_file, documents: 1);
    }

    private string WithValue(object[] path, JsonNode value)
    {
        YamlNode node = _root;
        for (var i = 0; i < path.Length; i++)
        {
            var child = Child(node, path[i]);
            var isLast = i == path.Length - 1;
            if (child is not null && !isLast && !IsNull(child))
            {
                node = child;
                continue;
            }

            var rest = Wrap(value, path.AsSpan(i + 1));
            if (path[i] is Named named) rest = WithName((JsonObject)rest, named);
            if (child is null) return Inserted(node, path[i], rest, path);
            if (child is YamlScalarNode && !IsNull(child) && rest is JsonValue && !IsBlockScalar(child))
                return Text.Remove(Index(child.Start), Index(child.End) - Index(child.Start)).Insert(Index(child.Start), Scalar((JsonValue)rest));
            return Replaced(node, path[i], rest);
        }

        return Text;
    }

    private string Replaced(YamlNode parent, object segment, JsonNode value)
    {
        var (first, last, next) = Entry(parent, segment);
        if (IsFlow(parent))
        {
            var shown = parent is YamlMappingNode ? $"{Flow(JsonValue.Create((string)segment))}: {Flow(value)}" : Flow(value);
            return Text.Remove(Index(first.Start), EndOf(last) - Index(first.Start)).Insert(Index(first.Start), shown);
        }

        var isBehindHyphen = parent is YamlMappingNode && !string.IsNullOrWhiteSpace(Text[LineStart(Index(first.Start))..Index(first.Start)]);
        var column = parent is YamlMappingNode ? Column(first.Start) : Column(parent.Start);
        var from = isBehindHyphen ? Index(first.Start) : LineStart(Index(first.Start));
        var entry = parent is YamlMappingNode ? EmitEntry((string)segment, value, column) : EmitItem(value, column);
        if (isBehindHyphen) entry = entry[column..];
        return Text.Remove(from, AfterLastLine(last) - from).Insert(from, entry);
    }

    private string Inserted(YamlNode parent, object segment, JsonNode value, ReadOnlySpan<object> path)
    {
        if (parent is YamlMappingNode mapping && segment is string key)
        {
            if (IsFlow(mapping))
            {
                var comma = mapping.Children.Count == 0 ? "" : ", ";
                return Text.Insert(EndOf(mapping) - 1, $"{comma}{Flow(JsonValue.Create(key))}: {Flow(value)}");
            }

            return InsertedAfter(mapping, EmitEntry(key, value, Column(mapping.Children[0].Key.Start)));
        }

        if (parent is YamlSequenceNode list && segment is Named)
        {
            return IsFlow(list)
                ? Text.Insert(EndOf(list) - 1, (list.Children.Count == 0 ? "" : ", ") + Flow(value))
                : InsertedAfter(list, EmitItem(value, Column(list.Start)));
        }

        throw Errors.YamlNotAsExpected(_file, ShowPath(path), segment is string ? "a mapping" : "a list");
    }

    private string InsertedAfter(YamlNode node, string lines)
    {
        var end = AfterLastLine(node);
        var lacksNewLine = end > 0 && Text[end - 1] != '\n';
        return Text.Insert(end, (lacksNewLine ? _newLine : "") + lines);
    }

    private YamlNode? Navigate(ReadOnlySpan<object> path)
    {
        YamlNode node = _root;
        foreach (var segment in path)
        {
            if (Child(node, segment) is not { } child) return null;
            node = child;
        }

        return node;
    }

    private static YamlNode? Child(YamlNode node, object segment) => (node, segment) switch
    {
        (YamlMappingNode mapping, string key) => mapping.Children.FirstOrDefault(pair => pair.Key is YamlScalarNode { Value: var name } && name == key).Value,
        (YamlSequenceNode list, int index) => index < list.Children.Count ? list.Children[index] : null,
        (YamlSequenceNode list, Named named) => list.Children.FirstOrDefault(item => Child(item, named.Key) is YamlScalarNode { Value: var value } && value == named.Value),
        _ => null,
    };

    /// <summary>Where an entry begins and ends, and what comes after it.</summary>
    private static (YamlNode First, YamlNode Last, YamlNode? Next) Entry(YamlNode parent, object segment)
    {
        var child = Child(parent, segment)!;
        if (parent is YamlMappingNode mapping)
        {
            var pairs = mapping.Children.ToList();
            var place = pairs.FindIndex(pair => ReferenceEquals(pair.Value, child) && ((YamlScalarNode)pair.Key).Value == (string)segment);
            return (pairs[place].Key, child, place + 1 < pairs.Count ? pairs[place + 1].Key : null);
        }

        var items = ((YamlSequenceNode)parent).Children;
        var index = items.IndexOf(child);
        return (child, child, index + 1 < items.Count ? items[index + 1] : null);
    }

    private int AfterLastLine(YamlNode node)
    {
        var end = EndOf(node);
        // A block scalar ends where the next line begins.
        if (end > 0 && Text[end - 1] == '\n') return end;
        var newLine = Text.IndexOf('\n', end);
        return newLine < 0 ? Text.Length : newLine + 1;
    }

    /// <summary>Where a node ends; the parser tells it of scalars alone.</summary>
    private int EndOf(YamlNode node)
    {
        var last = node switch
        {
            YamlMappingNode { Children.Count: > 0 } mapping => mapping.Children[^1].Value is YamlScalarNode scalar && scalar.Start.Index == scalar.End.Index
                ? mapping.Children[^1].Key : mapping.Children[^1].Value,
            YamlSequenceNode { Children.Count: > 0 } list => list.Children[^1],
            _ => null,
        };
        if (!IsFlow(node)) return last is null ? Index(node.End) : EndOf(last);
        var end = last is null ? Index(node.Start) + 1 : EndOf(last);
        while (Text[end] is not ('}' or ']'))
        {
            if (Text[end] == '#') end = Text.IndexOf('\n', end);
            end++;
        }

        return end + 1;
    }

    private static bool IsBlockScalar(YamlNode node) => node is YamlScalarNode { Style: ScalarStyle.Literal or ScalarStyle.Folded };

    private static bool IsNull(YamlNode node) => node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" or "Null" or "NULL" };

    private static bool IsFlow(YamlNode node) => node switch
    {
        YamlMappingNode mapping => mapping.Style == YamlDotNet.Core.Events.MappingStyle.Flow,
        YamlSequenceNode list => list.Style == YamlDotNet.Core.Events.SequenceStyle.Flow,
        _ => false,
    };

    private static int Index(Mark mark) => (int)mark.Index;

    private static int Column(Mark mark) => (int)mark.Column - 1;

    private int LineStart(int index) => Text.LastIndexOf('\n', Math.Max(0, index - 1)) is var found && index == 0 ? 0 : found + 1;

    private string EmitEntry(string key, JsonNode value, int column)
    {
        var text = new StringBuilder();
        Emit(text, new JsonObject { [key] = value.DeepClone() }, column, _newLine);
        return text.ToString();
    }

    private string EmitItem(JsonNode value, int column)
    {
        var text = new StringBuilder();
        Emit(text, new JsonArray(value.DeepClone()), column, _newLine);
        return text.ToString();
    }

    private static void Emit(StringBuilder text, JsonNode node, int column, string newLine)
    {
        var indent = new string(' ', column);
        if (node is JsonObject mapping)
        {
            foreach (var (key, value) in mapping)
            {
                text.Append(indent).Append(Scalar(JsonValue.Create(key))).Append(':');
                EmitValue(text, value, column, newLine);
            }
        }
        else
        {
            foreach (var item in (JsonArray)node)
            {
                var start = text.Length;
                if (item is JsonObject { Count: > 0 } or JsonArray { Count: > 0 })
                {
                    Emit(text, item, column + 2, newLine);
                    text[start + column] = '-';
                }
                else
                {
                    text.Append(indent).Append("- ").Append(item is JsonValue value ? Scalar(value) : item?.ToJsonString() ?? "null").Append(newLine);
                }
            }
        }
    }

    private static void EmitValue(StringBuilder text, JsonNode? value, int column, string newLine)
    {
        switch (value)
        {
            case JsonObject { Count: > 0 }:
                text.Append(newLine);
                Emit(text, value, column + 2, newLine);
                break;
            case JsonArray { Count: > 0 }:
                text.Append(newLine);
                // As kubectl and gcloud write it: a list is no deeper than its key.
                Emit(text, value, column, newLine);
                break;
            case JsonValue scalar:
                text.Append(' ').Append(Scalar(scalar)).Append(newLine);
                break;
            default:
                text.Append(' ').Append(value?.ToJsonString() ?? "null").Append(newLine);
                break;
        }
    }

    // JSON with the space behind the colon that some readers of YAML ask for.
    private static string Flow(JsonNode? value) => value switch
    {
        JsonObject mapping => $"{{{string.Join(", ", mapping.Select(pair => $"{Flow(JsonValue.Create(pair.Key))}: {Flow(pair.Value)}"))}}}",
        JsonArray list => $"[{string.Join(", ", list.Select(Flow))}]",
        null => "null",
        _ => value.ToJsonString(Readable),
    };

    private static string Scalar(JsonValue value)
    {
        if (value.GetValueKind() != JsonValueKind.String) return value.ToJsonString();
        var text = value.GetValue<string>();
        return PlainText().IsMatch(text) && ToTyped(text) is null ? text : value.ToJsonString(Readable);
    }

    private static JsonNode? ToJson(YamlNode node) => node switch
    {
        YamlMappingNode mapping => new JsonObject(mapping.Children.Select(pair => KeyValuePair.Create(pair.Key.ToString(), ToJson(pair.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(ToJson)]),
        YamlScalarNode scalar when IsNull(scalar) => null,
        YamlScalarNode { Style: ScalarStyle.Plain, Value: { } text } => ToTyped(text) ?? JsonValue.Create(text),
        YamlScalarNode scalar => scalar.Value,
        _ => null,
    };

    private static JsonValue? ToTyped(string text) => text switch
    {
        "true" or "True" or "TRUE" => JsonValue.Create(true),
        "false" or "False" or "FALSE" => JsonValue.Create(false),
        _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => JsonValue.Create(number),
        _ when FloatText().IsMatch(text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => JsonValue.Create(number),
        _ => null,
    };

    private static JsonNode Wrap(JsonNode value, ReadOnlySpan<object> path)
    {
        var node = value.DeepClone();
        for (var i = path.Length - 1; i >= 0; i--)
        {
            node = path[i] switch
            {
                Named named => new JsonArray(WithName((JsonObject)node, named)),
                string key => new JsonObject { [key] = node },
                _ => new JsonArray(node),
            };
        }

        return node;
    }

    private static JsonObject WithName(JsonObject item, Named named)
    {
        if (item.ContainsKey(named.Key)) return item;
        item.Insert(0, named.Key, named.Value);
        return item;
    }

    private static void SetJson(JsonNode root, ReadOnlySpan<object> path, JsonNode value)
    {
        JsonNode node = root;
        for (var i = 0; i < path.Length; i++)
        {
            var rest = path[(i + 1)..];
            switch (node, path[i])
            {
                case (JsonObject mapping, string key):
                    if (rest.Length > 0 && mapping[key] is { } child) node = child;
                    else
                    {
                        mapping[key] = Wrap(value, rest);
                        return;
                    }

                    break;
                case (JsonArray list, int index) when index < list.Count && list[index] is { } member:
                    if (rest.Length > 0) node = member;
                    else
                    {
                        list[index] = value.DeepClone();
                        return;
                    }

                    break;
                case (JsonArray list, Named named):
                    var place = IndexOf(list, named);
                    if (place >= 0 && rest.Length > 0)
                    {
                        node = list[place]!;
                        break;
                    }

                    var item = WithName((JsonObject)Wrap(value, rest), named);
                    if (place < 0) list.Add((JsonNode)item);
                    else list[place] = item;
                    return;
                default:
                    // The text says more exactly what is there.
                    return;
            }
        }
    }

    private static JsonNode? FindJson(JsonNode root, ReadOnlySpan<object> path)
    {
        JsonNode? node = root;
        foreach (var segment in path)
        {
            node = (node, segment) switch
            {
                (JsonObject mapping, string key) => mapping[key],
                (JsonArray list, int index) => list[index],
                (JsonArray list, Named named) => list[IndexOf(list, named)],
                _ => null,
            };
        }

        return node;
    }

    private static void RemoveJson(JsonNode root, ReadOnlySpan<object> path)
    {
        switch (FindJson(root, path[..^1]), path[^1])
        {
            case (JsonObject mapping, string key):
                mapping.Remove(key);
                break;
            case (JsonArray list, int index):
                list.RemoveAt(index);
                break;
            case (JsonArray list, Named named):
                list.RemoveAt(IndexOf(list, named));
                break;
        }
    }

    private static int IndexOf(JsonArray list, Named named)
    {
        for (var i = 0; i < list.Count; i++)
        {
            if ((list[i] as JsonObject)?[named.Key]?.ToString() == named.Value) return i;
        }

        return -1;
    }

    private static string ShowPath(ReadOnlySpan<object> path)
    {
        var text = new StringBuilder();
        foreach (var segment in path) text.Append(segment is string && text.Length > 0 ? "." : "").Append(segment is int index ? $"[{index}]" : segment);
        return text.ToString();
    }

    // What needs no quotes in YAML 1.1 and 1.2, whoever reads it: no indicator, no space, and none of YAML 1.1's many words for true and false.
    [GeneratedRegex(@"^(?!(?i:y|n|yes|no|on|off|true|false|null)\z)[A-Za-z_/][A-Za-z0-9_./@-]*(:[A-Za-z0-9_./@-]+)*\z")]
    private static partial Regex PlainText();

    [GeneratedRegex(@"^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?\z")]
    private static partial Regex FloatText();
}
