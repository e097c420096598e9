using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MarketingSwarm.Emulator.Hosting;

/// <summary>The fields of a message and their types: what the APIs refuse in a body is refused here.</summary>
/// <remarks>
///   Read from a text: a line <c>message NAME</c>, then an indented line a field, <c>name type</c>. A type is string, bool, int32, int64, double,
///   timestamp, duration, bytes, any, <c>enum{A,B}</c>, another message's name, one of these with <c>[]</c>, or <c>map</c> of strings.
/// </remarks>
internal sealed class MessageSchema
{
    private readonly Dictionary<string, FieldType> _fields = new(StringComparer.Ordinal);

    private MessageSchema(string name) => Name = name;

    /// <summary>The message without fields.</summary>
    public static MessageSchema Empty { get; } = new("Empty");

    public string Name { get; }

    /// <summary>The messages of an embedded text.</summary>
    /// <exception cref="FormatException">The text is not of the form above, or names a message that is not in it.</exception>
    public static IReadOnlyDictionary<string, MessageSchema> Load(string resource)
    {
        using var stream = typeof(MessageSchema).Assembly.GetManifestResourceStream(resource) ?? throw new FormatException($"There is no resource '{resource}'.");
        using StreamReader reader = new(stream);
        return Parse(reader.ReadToEnd());
    }

    /// <inheritdoc cref="Load"/>
    public static IReadOnlyDictionary<string, MessageSchema> Parse(string text)
    {
        Dictionary<string, MessageSchema> schemas = new(StringComparer.Ordinal);
        List<(MessageSchema Schema, string Field, string Type)> fields = [];
        MessageSchema? current = null;
        foreach (var line in text.Split('\n'))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (words is ["message", var name] && !char.IsWhiteSpace(line[0])) schemas.Add(name, current = new MessageSchema(name));
            else if (words is [var field, var type] && current is not null) fields.Add((current, field, type));
            else if (words.Length > 0) throw new FormatException($"'{line}' is neither a message nor a field with its type.");
        }

        foreach (var (schema, field, type) in fields) schema._fields.Add(field, FieldType.Parse(type, schemas));
        return schemas;
    }

    /// <summary>Whether the message has the field.</summary>
    public bool Has(string field) => _fields.ContainsKey(field);

    /// <summary>Refuses fields that the message does not have and values that do not fit their fields' types.</summary>
    /// <exception cref="ApiException">With all that is wrong.</exception>
    public void Check(JsonObject message)
    {
        List<(string, string)> violations = [];
        Check(message, "", violations);
        if (violations.Count > 0) throw ApiException.BadFields(violations);
    }

    private void Check(JsonObject message, string path, List<(string Field, string Description)> violations)
    {
        foreach (var (name, value) in message)
        {
            if (_fields.TryGetValue(name, out var type)) type.Check(value, path.Length == 0 ? name : $"{path}.{name}", violations);
            else violations.Add((path, $"Invalid JSON payload received. Unknown name \"{name}\"{(path.Length == 0 ? "" : $" at '{path}'")}: Cannot find field."));
        }
    }

    private sealed record FieldType(string Scalar, MessageSchema? Message, IReadOnlySet<string>? Values, bool IsList)
    {
        public static FieldType Parse(string text, Dictionary<string, MessageSchema> schemas)
        {
            var isList = text.EndsWith("[]", StringComparison.Ordinal);
            var type = isList ? text[..^2] : text;
            if (type.StartsWith("enum{", StringComparison.Ordinal) && type.EndsWith('}'))
                return new FieldType("enum", null, type[5..^1].Split(',').ToHashSet(StringComparer.Ordinal), isList);
            if (schemas.TryGetValue(type, out var message)) return new FieldType("message", message, null, isList);
            return type is "string" or "bool" or "int32" or "int64" or "double" or "timestamp" or "duration" or "bytes" or "any" or "map"
                ? new FieldType(type, null, null, isList)
                : throw new FormatException($"'{type}' is neither a type nor a message.");
        }

        public void Check(JsonNode? value, string path, List<(string Field, string Description)> violations)
        {
            // null stands for an absent field everywhere.
            if (value is null) return;
            if (!IsList)
            {
                CheckOne(value, path, violations);
            }
            else if (value is JsonArray list)
            {
                for (var i = 0; i < list.Count; i++) CheckOne(list[i], $"{path}[{i}]", violations);
            }
            else
            {
                // A single value is taken for a list of one.
                CheckOne(value, $"{path}[0]", violations);
            }
        }

        private void CheckOne(JsonNode? value, string path, List<(string Field, string Description)> violations)
        {
            if (Message is not null)
            {
                if (value is JsonObject message) Message.Check(message, path, violations);
                else violations.Add((path, $"Invalid value at '{path}' (type {Message.Name}), {Show(value)}"));
            }
            else if (!Fits(value))
            {
                violations.Add((path, $"Invalid value at '{path}' ({TypeName}), {Show(value)}"));
            }
        }

        private string TypeName => Scalar is "enum" ? "TYPE_ENUM" : Scalar is "map" or "any" ? "TYPE_MESSAGE" : $"TYPE_{Scalar.ToUpperInvariant()}";

        /// <remarks>Only the form: a value in an error could be a password.</remarks>
        private string Show(JsonNode? value) => value switch
        {
            null => "null",
            JsonObject => "an object",
            JsonArray => "a list",
            _ when Scalar is "string" or "bytes" => $"a {value.GetValueKind().ToString().ToLowerInvariant()}",
            _ => value.ToJsonString(),
        };

        private bool Fits(JsonNode? value) => (Scalar, value?.GetValueKind()) switch
        {
            ("any", _) => true,
            ("map", JsonValueKind.Object) => value!.AsObject().All(entry => entry.Value?.GetValueKind() is JsonValueKind.String),
            ("string", JsonValueKind.String) => true,
            ("bytes", JsonValueKind.String) => IsBase64(value!.GetValue<string>()),
            ("enum", JsonValueKind.String) => Values!.Contains(value!.GetValue<string>()),
            ("bool", JsonValueKind.True or JsonValueKind.False) => true,
            ("int32", JsonValueKind.Number or JsonValueKind.String) => int.TryParse(value!.ToString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
            ("int64", JsonValueKind.Number or JsonValueKind.String) => long.TryParse(value!.ToString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
            ("double", JsonValueKind.Number or JsonValueKind.String) => double.TryParse(value!.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out _),
            ("timestamp", JsonValueKind.String) => DateTimeOffset.TryParse(value!.GetValue<string>(), CultureInfo.InvariantCulture, out _),
            ("duration", JsonValueKind.String) => IsDuration(value!.GetValue<string>()),
            _ => false,
        };

        private static bool IsBase64(string text)
        {
            // Both alphabets, with or without padding, are taken.
            var plain = text.Replace('-', '+').Replace('_', '/').TrimEnd('=');
            return Convert.TryFromBase64String(plain.PadRight((plain.Length + 3) / 4 * 4, '='), new byte[plain.Length], out _);
        }

        private static bool IsDuration(string text)
            => text.EndsWith('s') && decimal.TryParse(text[..^1], NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _);
    }
}
