using System.Text.Json;

namespace MarketingSwarm.Engine.Migration;

/// <summary>What a text is as JSON.</summary>
[Flags]
internal enum JsonTraits
{
    /// <summary>Not JSON.</summary>
    Invalid = 0,

    /// <summary>Valid JSON (RFC 8259).</summary>
    Valid = 1,

    /// <summary>JSON but for NaN, Infinity or -Infinity, which Python's json writes and reads.</summary>
    PythonOnly = 2,

    /// <summary>It has the escape \u0000.</summary>
    NulEscape = 4,

    /// <summary>It has an escaped surrogate without its partner.</summary>
    LoneSurrogate = 8,

    /// <summary>An object has two members of one name.</summary>
    DuplicateKey = 16,
}

/// <summary>Looks at texts as JSON without making strings of them. Not for two threads at a time.</summary>
internal sealed class JsonInspector
{
    // A set that a huge object has filled is not kept: clearing it would take as long for every row after.
    private const int GreatestKeptCount = 4096;

    private static readonly byte[][] PythonTokens = ["NaN"u8.ToArray(), "-Infinity"u8.ToArray(), "Infinity"u8.ToArray()];

    // Python's own limit is its stack's; PostgreSQL's too.
    private static readonly JsonReaderOptions Options = new() { MaxDepth = int.MaxValue };

    private readonly Stack<int> _objects = new();
    private HashSet<(int Object, ulong Name)> _names = [];
    private byte[] _buffer = new byte[256];

    /// <summary>Inspects a text of valid UTF-8.</summary>
    internal JsonTraits Inspect(ReadOnlySpan<byte> text)
    {
        if (TryRead(text, out var traits)) return traits | JsonTraits.Valid;
        return WithoutPythonTokens(text) is { } json && TryRead(json, out traits) ? traits | JsonTraits.PythonOnly : JsonTraits.Invalid;
    }

    private bool TryRead(ReadOnlySpan<byte> text, out JsonTraits traits)
    {
        traits = default;
        _objects.Clear();
        if (_names.Count > GreatestKeptCount) _names = [];
        else _names.Clear();
        var objects = 0;
        var reader = new Utf8JsonReader(text, Options);
        try
        {
            while (reader.Read())
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.StartObject:
                        _objects.Push(objects++);
                        break;
                    case JsonTokenType.EndObject:
                        _objects.Pop();
                        break;
                    case JsonTokenType.PropertyName:
                        if (reader.ValueIsEscaped) traits |= FindEscapes(reader.ValueSpan);
                        if (!_names.Add((_objects.Peek(), HashName(ref reader, traits)))) traits |= JsonTraits.DuplicateKey;
                        break;
                    case JsonTokenType.String when reader.ValueIsEscaped:
                        traits |= FindEscapes(reader.ValueSpan);
                        break;
                }
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private ulong HashName(ref Utf8JsonReader reader, JsonTraits traits)
    {
        var name = reader.ValueSpan;
        // A name with half a character has no other spelling to be compared by than its own.
        if (reader.ValueIsEscaped && (traits & JsonTraits.LoneSurrogate) == 0)
        {
            if (_buffer.Length < name.Length) _buffer = new byte[name.Length];
            name = _buffer.AsSpan(0, reader.CopyString(_buffer));
        }

        // FNV-1a of 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/): two names of one object meet once in 10^19.
        var hash = 14_695_981_039_346_656_037UL;
        foreach (var unit in name) hash = unchecked((hash ^ unit) * 1_099_511_628_211UL);
        return hash;
    }

    private static JsonTraits FindEscapes(ReadOnlySpan<byte> text)
    {
        var traits = default(JsonTraits);
        var awaitsLow = false;
        while (text.IndexOf((byte)'\\') is >= 0 and var start)
        {
            // Anything between the two halves parts them.
            if (awaitsLow && start > 0) (traits, awaitsLow) = (traits | JsonTraits.LoneSurrogate, false);
            if (text[start + 1] != 'u')
            {
                if (awaitsLow) (traits, awaitsLow) = (traits | JsonTraits.LoneSurrogate, false);
                text = text[(start + 2)..];
                continue;
            }

            var unit = ReadHex(text.Slice(start + 2, 4));
            text = text[(start + 6)..];
            var isLow = unit is >= 0xDC00 and <= 0xDFFF;
            if (unit == 0) traits |= JsonTraits.NulEscape;
            if (awaitsLow != isLow) traits |= JsonTraits.LoneSurrogate;
            awaitsLow = unit is >= 0xD800 and <= 0xDBFF;
        }

        return awaitsLow ? traits | JsonTraits.LoneSurrogate : traits;
    }

    private static int ReadHex(ReadOnlySpan<byte> digits)
    {
        var value = 0;
        foreach (var digit in digits) value = value * 16 + (digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
        return value;
    }

    // The same text with numbers of the same length in the tokens' places; null where it has none.
    private static byte[]? WithoutPythonTokens(ReadOnlySpan<byte> text)
    {
        if (text.IndexOf("NaN"u8) < 0 && text.IndexOf("Infinity"u8) < 0) return null;
        byte[]? json = null;
        var isInString = false;
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case (byte)'\\' when isInString:
                    i++;
                    break;
                case (byte)'"':
                    isInString = !isInString;
                    break;
                case (byte)'N' or (byte)'I' or (byte)'-' when !isInString && IsDelimiter(text, i - 1):
                    foreach (var token in PythonTokens)
                    {
                        if (!text[i..].StartsWith(token) || !IsDelimiter(text, i + token.Length)) continue;
                        json ??= text.ToArray();
                        json.AsSpan(i, token.Length).Fill((byte)' ');
                        json[i] = (byte)'0';
                        i += token.Length - 1;
                        break;
                    }

                    break;
            }
        }

        return json;
    }

    private static bool IsDelimiter(ReadOnlySpan<byte> text, int index)
        => index < 0 || index >= text.Length || text[index] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'
            or (byte)',' or (byte)':' or (byte)'[' or (byte)']' or (byte)'{' or (byte)'}';
}
