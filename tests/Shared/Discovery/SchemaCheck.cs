using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MarketingSwarm.Testing;

/// <summary>Checks a value against a schema of a discovery document, as JSON writes protocol buffers.</summary>
internal sealed partial class SchemaCheck(DiscoveryDocument document, bool isRequest, List<DiscoveryFinding> findings)
{
    internal void Check(JsonElement schema, JsonElement value, string path)
    {
        if (schema.TryGetProperty("$ref", out var reference))
        {
            Check(document.Schema(reference.GetString()!), value, path);
            return;
        }

        switch (schema.GetProperty("type").GetString())
        {
            case "any":
                break;
            case "object":
                if (IsKind(JsonValueKind.Object, "an object")) CheckObject(schema, value, path);
                break;
            case "array":
                if (!IsKind(JsonValueKind.Array, "an array")) break;
                var index = 0;
                foreach (var item in value.EnumerateArray()) Check(schema.GetProperty("items"), item, $"{path}[{index++}]");
                break;
            case "boolean":
                if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False)) Add(path, $"{Shown(value)} is not true or false.");
                break;
            case "string":
                CheckString(schema, value, path);
                break;
            case "integer" or "number":
                CheckNumber(schema, value, path);
                break;
            case var type:
                throw new InvalidDataException($"{document} has the unknown type '{type}'.");
        }

        bool IsKind(JsonValueKind kind, string name)
        {
            if (value.ValueKind == kind) return true;
            Add(path, $"{Shown(value)} is not {name}.");
            return false;
        }
    }

    /// <summary>What is wrong with the text of a parameter; null when it is right.</summary>
    internal static string? OfText(JsonElement parameter, string text)
    {
        if (parameter.TryGetProperty("pattern", out var pattern) && !Regex.IsMatch(text, pattern.GetString()!))
        {
            return $"'{text}' does not match {pattern.GetString()}.";
        }

        return parameter.GetProperty("type").GetString() switch
        {
            "boolean" => text is "true" or "false" ? null : $"'{text}' is not true or false.",
            "integer" => OfInteger(text, Format(parameter)),
            "number" => double.TryParse(text, CultureInfo.InvariantCulture, out _) ? null : $"'{text}' is no number.",
            _ => OfString(parameter, text),
        };
    }

    /// <summary>Each path of a mask must be one of the schema's fields, in the proto's spelling (user_labels) or JSON's.</summary>
    internal static void FieldMask(DiscoveryDocument document, string schema, string mask, string where, List<DiscoveryFinding> findings)
    {
        if (mask == "*") return;
        foreach (var path in mask.Split(','))
        {
            JsonElement? current = document.Schema(schema);
            foreach (var field in path.Split('.'))
            {
                current = current is { } known ? Field(document, known, CamelCase(field)) : null;
            }

            if (current is null) findings.Add(new(where, $"'{path}' is no field of {schema}."));
        }
    }

    private static JsonElement? Field(DiscoveryDocument document, JsonElement schema, string name)
    {
        while (schema.TryGetProperty("$ref", out var reference)) schema = document.Schema(reference.GetString()!);
        if (schema.TryGetProperty("properties", out var properties) && properties.TryGetProperty(name, out var field)) return field;
        return schema.TryGetProperty("additionalProperties", out var additional) ? additional : null;
    }

    private static string CamelCase(string name) => UnderscoreAndLetter().Replace(name, match => match.Groups[1].Value.ToUpperInvariant());

    private static string? OfString(JsonElement schema, string text)
    {
        if (schema.TryGetProperty("enum", out var values) && !values.EnumerateArray().Any(known => known.GetString() == text))
        {
            return $"'{text}' is none of {string.Join(", ", values.EnumerateArray().Take(12).Select(known => known.GetString()))}.";
        }

        return Format(schema) switch
        {
            "int64" or "uint64" => OfInteger(text, Format(schema)),
            "byte" => Base64().IsMatch(text) && text.TrimEnd('=').Length % 4 != 1 ? null : "It is not base64.",
            "google-datetime" or "date-time" => Timestamp().IsMatch(text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out _) ? null : $"'{text}' is no time of RFC 3339.",
            "google-duration" => Duration().IsMatch(text) ? null : $"'{text}' is no duration: seconds with an 's', such as 300s or 1.5s.",
            "google-fieldmask" => Mask().IsMatch(text) ? null : $"'{text}' is no field mask: paths with commas between them.",
            _ => null,
        };
    }

    private static string? OfInteger(string text, string? format) => (format switch
    {
        "int64" => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
        "uint64" => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _),
        "uint32" => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _),
        _ => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
    }) ? null : $"'{text}' is no {format ?? "int32"}.";

    private static string? Format(JsonElement schema) => schema.TryGetProperty("format", out var format) ? format.GetString() : null;

    /// <summary>Long texts are cut: a finding is for reading, and a secret must not fill a log.</summary>
    private static string Shown(JsonElement value)
        => value.ValueKind is JsonValueKind.Object ? "An object" : value.ValueKind is JsonValueKind.Array ? "An array"
            : value.GetRawText() is { Length: > 40 } text ? text[..40] + "…" : value.GetRawText();

    [GeneratedRegex("_([a-z0-9])")]
    private static partial Regex UnderscoreAndLetter();

    [GeneratedRegex(@"^([A-Za-z0-9+/]*|[A-Za-z0-9_-]*)={0,2}\z")]
    private static partial Regex Base64();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)\z")]
    private static partial Regex Timestamp();

    [GeneratedRegex(@"^-?\d{1,12}(\.\d{1,9})?s\z")]
    private static partial Regex Duration();

    [GeneratedRegex(@"^(\*|[A-Za-z0-9_.`-]+(,[A-Za-z0-9_.`-]+)*)?\z")]
    private static partial Regex Mask();

    private void CheckObject(JsonElement schema, JsonElement value, string path)
    {
        var hasProperties = schema.TryGetProperty("properties", out var properties);
        var hasAdditional = schema.TryGetProperty("additionalProperties", out var additional);
        foreach (var field in value.EnumerateObject())
        {
            var fieldPath = $"{path}.{field.Name}";
            if (hasProperties && properties.TryGetProperty(field.Name, out var known))
            {
                if (isRequest && known.TryGetProperty("readOnly", out var readOnly) && readOnly.GetBoolean()) Add(fieldPath, "It is output only, and is sent.");
                else Check(known, field.Value, fieldPath);
            }
            else if (hasAdditional)
            {
                Check(additional, field.Value, fieldPath);
            }
            else
            {
                Add(fieldPath, $"{(schema.TryGetProperty("id", out var id) ? id.GetString() : "The object")} has no field '{field.Name}'.");
            }
        }
    }

    private void CheckString(JsonElement schema, JsonElement value, string path)
    {
        // A 64-bit integer is answered as a string, since a double cannot hold it; a request may have it as a number.
        if (isRequest && Format(schema) is "int64" or "uint64" && value.ValueKind == JsonValueKind.Number)
        {
            if (OfInteger(value.GetRawText(), Format(schema)) is { } wrong) Add(path, wrong);
        }
        else if (value.ValueKind != JsonValueKind.String)
        {
            Add(path, $"{Shown(value)} is not a string.");
        }
        else if (OfString(schema, value.GetString()!) is { } message)
        {
            Add(path, message);
        }
    }

    private void CheckNumber(JsonElement schema, JsonElement value, string path)
    {
        var isInteger = schema.GetProperty("type").GetString() == "integer";
        if (value.ValueKind == JsonValueKind.Number)
        {
            if (isInteger && OfInteger(value.GetRawText(), Format(schema)) is { } wrong) Add(path, wrong);
        }
        else if (isInteger || value.ValueKind != JsonValueKind.String || value.GetString() is not ("NaN" or "Infinity" or "-Infinity"))
        {
            Add(path, $"{Shown(value)} is not a number.");
        }
    }

    private void Add(string path, string message) => findings.Add(new(path, message));
}
