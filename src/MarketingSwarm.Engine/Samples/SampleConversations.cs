using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace MarketingSwarm.Engine.Samples;

/// <summary>
///   Makes conversations as the application writes them. A row follows from the seed, its number and the two sizes alone: not from the rows
///   before it, the clock, the culture or the time zone. One object makes many rows, keeping its buffers; not for two threads at a time.
/// </summary>
internal sealed class SampleConversations(long seed, int responseCount, int responseSize)
{
    // The application refuses longer questions; it counts before it escapes.
    private const int MaxQuestionLength = 500;

    private const long Second = 1_000_000;

    // Each conversation begins in a slot of its own, so that created_at and the ids made of it rise from row to row and never repeat.
    private const long Slot = 97 * Second;

    // What stands around a response: the agent, the timestamp, names, quotation marks and separators.
    private const int ResponseOverhead = 86;

    private static readonly long FirstSlot = SwarmTimestamp.FromDateTime(new DateTime(2025, 6, 1, 0, 0, 0, DateTimeKind.Utc));
    private static readonly long UnixEpoch = SwarmTimestamp.FromDateTime(DateTime.UnixEpoch);

    private readonly ConversationBuilder _builder = new();
    private readonly ArrayBufferWriter<byte> _responses = new(64 * 1024);
    private readonly ArrayBufferWriter<byte> _metadata = new(256);

    /// <summary>Makes a row.</summary>
    /// <param name="number">The row's number in the sample, from 0.</param>
    internal Conversation Create(long number) => Create(number, completed: false);

    /// <summary>Makes a completed conversation and puts cells in place of its own.</summary>
    internal Conversation Create(long number, (ConversationColumn Column, ConversationCell Cell)[] cells)
    {
        var row = Create(number, completed: true);
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            var replacement = Array.FindIndex(cells, cell => cell.Column == column);
            AddCell(replacement < 0 ? row.GetCell(column) : cells[replacement].Cell);
        }

        return _builder.Build(rowId: null);
    }

    private Conversation Create(long number, bool completed)
    {
        var random = new SampleRandom(seed, number);
        var created = FirstSlot + number * Slot + random.Below(Slot);
        if (random.OneIn(20)) created -= created % Second;

        // Most conversations have ended well; some go on, or went no further and were never closed; some failed.
        var lot = random.Below(100);
        var status = completed || lot >= 10 ? "completed" : lot >= 4 ? "active" : "failed";
        var count = status == "completed" ? responseCount : (int)random.Below(Math.Max(1, responseCount));

        _builder.Reset();
        _builder.AddText(CreateId(random, created));
        if (random.Below(10) < 3) _builder.AddNull();
        else _builder.AddText(string.Create(CultureInfo.InvariantCulture, $"user-{random.Below(5000)}"));
        _builder.AddText(CreateQuestion(random));
        _builder.AddText(status);
        _builder.AddTimestamp(created);

        var ended = WriteResponses(random, created, count) + random.Below(Second);
        if (random.OneIn(10)) ended += Second - ended % Second;
        if (status == "active") _builder.AddNull();
        else _builder.AddTimestamp(ended);

        _builder.AddText(_responses.WrittenSpan);
        WriteMetadata(random);
        _builder.AddText(_metadata.WrittenSpan);
        _builder.AddReal(0);
        if (status == "failed") _builder.AddText(string.Format(CultureInfo.InvariantCulture, random.Pick(SampleVocabulary.Failures), random.Below(10_000)));
        else _builder.AddNull();
        return _builder.Build(rowId: null);
    }

    private void AddCell(ConversationCell cell)
    {
        switch (cell.StorageClass)
        {
            case StorageClass.Integer: _builder.AddInteger(cell.Integer); break;
            case StorageClass.Real: _builder.AddReal(cell.Real); break;
            case StorageClass.Text: _builder.AddText(cell.Bytes.Span); break;
            case StorageClass.Blob: _builder.AddBlob(cell.Bytes.Span); break;
            default: _builder.AddNull(); break;
        }
    }

    private static string CreateId(SampleRandom random, long created)
    {
        var lot = random.Below(100);
        var epochSeconds = (created - UnixEpoch) / Second;
        if (lot < 4) return string.Create(CultureInfo.InvariantCulture, $"conv-{epochSeconds}");
        if (lot < 6) return string.Create(CultureInfo.InvariantCulture, $"demo-{epochSeconds}");

        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, random.Next());
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], random.Next());
        // Version 4, variant 10: RFC 9562, section 5.4.
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString();
    }

    private static string CreateQuestion(SampleRandom random)
    {
        var question = new StringBuilder(MaxQuestionLength);
        question.AppendFormat(
            CultureInfo.InvariantCulture, random.Pick(SampleVocabulary.Questions), random.Pick(SampleVocabulary.Products), random.Pick(SampleVocabulary.Audiences));

        // A third of the questions explain themselves, a few at length.
        var details = random.OneIn(3) ? random.OneIn(12) ? SampleVocabulary.Details.Length : 1 + random.Below(2) : 0;
        var first = random.Below(SampleVocabulary.Details.Length);
        for (var i = 0; i < details; i++)
        {
            var detail = SampleVocabulary.Details[(first + i) % SampleVocabulary.Details.Length];
            if (question.Length + detail.Length > MaxQuestionLength) break;
            question.Append(detail);
        }

        return PythonText.EscapeHtml(question.ToString());
    }

    // Returns the time of the last response, or when the conversation would have ended without any.
    private long WriteResponses(SampleRandom random, long created, int count)
    {
        // A whole conversation takes one to three minutes.
        var duration = (60 + random.Below(120)) * Second;
        var time = created;
        // Some conversations are wordy, some terse: half to one and a half times the mean.
        var scale = 512 + random.Below(1024);

        _responses.ResetWrittenCount();
        _responses.Write("["u8);
        for (var i = 0; i < count; i++)
        {
            if (i > 0) _responses.Write(", "u8);
            time += duration / responseCount / 2 + random.Below(Math.Max(1, duration / responseCount));
            if (random.OneIn(100)) time -= time % Second;

            _responses.Write("{\"agent\": \""u8);
            _responses.Write(SampleVocabulary.Agents[i % SampleVocabulary.Agents.Length]);
            _responses.Write("\", \"response\": \""u8);
            var size = responseSize * scale / 1024 * (70 + random.Below(61)) / 100;
            WriteProse(random, size - ResponseOverhead);
            _responses.Write("\", \"timestamp\": \""u8);
            _responses.Advance(PythonText.FormatIso(time, _responses.GetSpan(PythonText.IsoLength)));
            _responses.Write("\"}"u8);
        }

        _responses.Write("]"u8);
        return count == 0 ? created + duration : time;
    }

    // Sentences until the size is reached; the last one may break off, as an answer does at its limit of tokens.
    private void WriteProse(SampleRandom random, long size)
    {
        var end = _responses.WrittenCount + size;
        for (var part = 0; part == 0 || _responses.WrittenCount < end; part++)
        {
            switch (part % 7)
            {
                case 0 when random.OneIn(2):
                    _responses.Write(random.Pick(SampleVocabulary.SubjectsAtStart));
                    break;
                case 0:
                    _responses.Write(random.Pick(SampleVocabulary.Openers));
                    _responses.Write(random.Pick(SampleVocabulary.Subjects));
                    break;
                case 1: _responses.Write(random.Pick(SampleVocabulary.Verbs)); break;
                case 2: _responses.Write(random.Pick(SampleVocabulary.Objects)); break;
                case 3 when random.OneIn(2): _responses.Write(random.Pick(SampleVocabulary.Qualifiers)); break;
                case 4: WriteList(random); break;
                case 5 when random.OneIn(3): WriteMeasure(random); break;
                case 6: _responses.Write(random.Pick(SampleVocabulary.Ends)); break;
            }
        }
    }

    private void WriteList(SampleRandom random)
    {
        _responses.Write(": "u8);
        for (var i = random.Below(4); i > 0; i--)
        {
            _responses.Write(random.Pick(SampleVocabulary.Words));
            _responses.Write(", "u8);
        }

        _responses.Write(random.Pick(SampleVocabulary.Words));
        _responses.Write(" and "u8);
        _responses.Write(random.Pick(SampleVocabulary.Words));
    }

    private void WriteMeasure(SampleRandom random)
    {
        var (before, after) = random.Pick(SampleVocabulary.Measures);
        _responses.Write(before);
        _ = Utf8Formatter.TryFormat(random.Below(1000), _responses.GetSpan(20), out var written);
        _responses.Advance(written);
        _responses.Write(after);
    }

    private void WriteMetadata(SampleRandom random)
    {
        _metadata.ResetWrittenCount();
        _metadata.Write("{\"context\": "u8);
        _metadata.Write(random.OneIn(2) ? random.Pick(SampleVocabulary.Contexts) : "{}"u8);
        _metadata.Write(", \"test_mode\": false}"u8);
    }
}
