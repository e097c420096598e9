using System.Globalization;
using System.Text.Json;

namespace MarketingSwarm.Engine.Migration;

/// <summary>Finds the places of properties in JSON.</summary>
internal static class JsonPlaces
{
    /// <summary>The line, from 1 on, of a property such as <c>columns[4].form</c>.</summary>
    /// <returns><see langword="null"/> where there is none.</returns>
    internal static long? FindLine(ReadOnlySpan<byte> json, string property)
    {
        var wanted = property.Replace("[", ".[", StringComparison.Ordinal).Split('.');
        // Of each open object or list what of it is being read: a property's name, or a list's index.
        var path = new List<string>();
        var indexes = new Stack<int?>();
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
            {
                indexes.Pop();
                path.RemoveAt(path.Count - 1);
                continue;
            }

            if (reader.TokenType == JsonTokenType.PropertyName) path[^1] = reader.GetString()!;
            else if (indexes.TryPeek(out var index) && index is { } number) Advance(number);
            if (path.SequenceEqual(wanted)) return json[..(int)reader.TokenStartIndex].Count((byte)'\n') + 1;
            if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray)) continue;
            indexes.Push(reader.TokenType == JsonTokenType.StartArray ? 0 : null);
            path.Add("");
        }

        return null;

        void Advance(int number)
        {
            path[^1] = $"[{number.ToString(CultureInfo.InvariantCulture)}]";
            indexes.Pop();
            indexes.Push(number + 1);
        }
    }
}
