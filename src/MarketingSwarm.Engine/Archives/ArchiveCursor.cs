using System.Buffers;
using System.Text;
using System.Text.Json;

namespace MarketingSwarm.Engine.Archives;

/// <summary>Goes through an archive's JSON token by token or object by object, and knows for every error where it stands.</summary>
internal sealed class ArchiveCursor
{
    // Long enough for "-Infinity".
    private const int TokenLookahead = 9;
    private const int ShownLength = 40;

    private static readonly SearchValues<byte> Separators = SearchValues.Create(" \t\r\n,:"u8);

    private readonly Step _next;
    private JsonReaderState _state;
    private string? _item;
    private long _number;

    internal ArchiveCursor(ArchiveText text)
    {
        Text = text;
        _next = TakeToken;
    }

    /// <summary>Takes tokens off a reader. It returns false where more text is needed, and is then called again from its beginning.</summary>
    internal delegate bool Step(ref Utf8JsonReader reader);

    internal ArchiveText Text { get; }

    /// <summary>The column being read, for messages.</summary>
    internal string? Column { get; set; }

    /// <summary>The last token that <see cref="Next"/> took.</summary>
    internal JsonTokenType Token { get; private set; }

    /// <summary>Where it stands.</summary>
    internal ArchivePosition TokenAt { get; private set; }

    /// <summary>Its text as it stands in the file, without quotes; cut where it is long.</summary>
    internal string Value { get; private set; } = "";

    /// <summary>The last token in words, for a message.</summary>
    internal string Found => Describe(Token, Value);

    /// <summary>Says what is counted from here on: <c>row</c>, <c>swarm cell</c> or nothing.</summary>
    internal void BeginItem(string? item, long number)
    {
        _item = item;
        _number = number;
        Column = null;
    }

    /// <summary>The text that follows is a JSON value of its own.</summary>
    internal void BeginValue() => _state = default;

    /// <exception cref="SwarmArchiveException">The text ends before the step is done, or is not JSON.</exception>
    internal void Take(Step step)
    {
        while (true)
        {
            var reader = new Utf8JsonReader(Text.Available, isFinalBlock: false, _state);
            if (step(ref reader))
            {
                Text.Consume((int)reader.BytesConsumed);
                _state = reader.CurrentState;
                return;
            }

            if (!Text.Fill()) throw Errors.ArchiveCutOff(Locate(Text.Available.Length));
        }
    }

    internal JsonTokenType Next()
    {
        Take(_next);
        return Token;
    }

    /// <summary>Reads a token. False where it is not at hand in full.</summary>
    /// <exception cref="SwarmArchiveException">What stands there is not JSON.</exception>
    internal bool Read(ref Utf8JsonReader reader)
    {
        var before = (int)reader.BytesConsumed;
        try
        {
            return reader.Read();
        }
        catch (JsonException exception)
        {
            // Where the reader stops inside of a token differs by token; its beginning says more.
            var rest = Text.Available[before..];
            var blank = rest.IndexOfAnyExcept(Separators);
            var token = blank < 0 ? [] : rest[blank..];
            if (token.Length < TokenLookahead && !Text.IsAtEnd) return false;

            var at = Locate(Text.Available.Length - token.Length);
            foreach (var name in (ReadOnlySpan<string>)["NaN", "Infinity", "-Infinity"])
            {
                if (token.StartsWith(Encoding.ASCII.GetBytes(name))) throw Errors.ArchiveNumberNotJson(at, name, exception);
            }

            throw Errors.ArchiveNotJson(at, StripPosition(exception.Message), exception);
        }
    }

    /// <summary>The place of the reader's token.</summary>
    internal ArchivePosition At(ref Utf8JsonReader reader) => Locate((int)reader.TokenStartIndex);

    /// <summary>The place behind what was taken.</summary>
    internal ArchivePosition At() => Locate(0);

    /// <summary>A token in words.</summary>
    internal static string Describe(ref Utf8JsonReader reader) => Describe(reader.TokenType, Show(reader.ValueSpan));

    /// <summary>The reader's text as it stands in the file, for a message.</summary>
    internal static string Show(ReadOnlySpan<byte> utf8)
    {
        var text = Encoding.UTF8.GetString(utf8[..Math.Min(utf8.Length, ShownLength)]);
        return utf8.Length > ShownLength ? text + "…" : text;
    }

    private static string Describe(JsonTokenType token, string value) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.EndObject => "the end of the object",
        JsonTokenType.EndArray => "the end of the array",
        JsonTokenType.String => $"the text '{value}'",
        JsonTokenType.Number => $"the number {value}",
        JsonTokenType.PropertyName => $"the key '{value}'",
        _ => value,
    };

    private bool TakeToken(ref Utf8JsonReader reader)
    {
        if (!Read(ref reader)) return false;
        Token = reader.TokenType;
        TokenAt = At(ref reader);
        Value = Show(reader.ValueSpan);
        return true;
    }

    private ArchivePosition Locate(int offset) => Text.Locate(offset, _item, _number, Column);

    // System.Text.Json writes " LineNumber: 0 | BytePositionInLine: 6." after its reason, counted from its own start.
    private static string StripPosition(string message)
    {
        var end = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return end < 0 ? message : message[..end];
    }
}
