using System.Globalization;
using System.Text;
using static MarketingSwarm.ConversationColumn;

namespace MarketingSwarm.Engine.Samples;

/// <summary>A row of a hazard: an ordinary, completed conversation with these cells in place of its own.</summary>
/// <param name="Cells">The cells as they are bound; SQLite's column affinity may store some of them as another class.</param>
/// <param name="RowId">The rowid to insert it with; without one, SQLite chooses.</param>
internal sealed record SampleHazardRow((ConversationColumn Column, ConversationCell Cell)[] Cells, long? RowId = null);

/// <summary>The rows of each hazard.</summary>
internal static class SampleHazards
{
    private const string Time = "2025-06-18 18:50:05";

    private static readonly string[] UnsortedKeys = ["b", "é", "A", "a-b", "z", "_", "ab", "B", "a"];

    /// <summary>What a user's list stands for: each hazard once, in the order of their numbers.</summary>
    /// <exception cref="SwarmConfigurationException">A hazard that is named needs another shape.</exception>
    internal static IReadOnlyList<SampleHazard> Expand(IReadOnlyList<SampleHazard> hazards, SampleShape shape)
    {
        if (hazards.Contains(SampleHazard.NullKey) && shape != SampleShape.Plan) throw Errors.SampleHazardNeedsPlan(SampleHazard.NullKey);
        var all = hazards.Contains(SampleHazard.All);
        return
        [
            .. Enum.GetValues<SampleHazard>()
                .Where(hazard => hazard != SampleHazard.All && (all || hazards.Contains(hazard)))
                .Where(hazard => hazard != SampleHazard.NullKey || shape == SampleShape.Plan),
        ];
    }

    /// <summary>The rows of a hazard, each with its id.</summary>
    internal static SampleHazardRow[] RowsOf(SampleHazard hazard)
    {
        var rows = CellsOf(hazard);
        for (var i = 0; i < rows.Length; i++)
        {
            if (!rows[i].Cells.Any(cell => cell.Column == Id))
                rows[i] = rows[i] with { Cells = [(Id, Text(NameOf(hazard, i))), .. rows[i].Cells] };
        }

        return rows;
    }

    private static string NameOf(SampleHazard hazard, int index) => string.Create(CultureInfo.InvariantCulture, $"hazard-{(int)hazard:00}-{index + 1}");

    private static SampleHazardRow[] CellsOf(SampleHazard hazard) => hazard switch
    {
        SampleHazard.NumericText => [Row(CreatedAt, Text("2025")), Row(CreatedAt, Text("20250618")), Row(CompletedAt, Text("2025.5"))],
        SampleHazard.TimeWithoutFraction => [Row(CreatedAt, Text(Time))],
        SampleHazard.IsoTime =>
        [
            Row(CreatedAt, Text("2025-06-18T18:50:05.123456")),
            Row(CreatedAt, Text("2025-06-18T18:50:05Z")),
            Row(CreatedAt, Text("2025-06-18T18:50:05.123456+05:30")),
            Row(CompletedAt, Text("2025-06-18 18:50:05-08:00")),
        ],
        SampleHazard.FractionLength =>
        [
            Row(CreatedAt, Text(Time + ".123")),
            Row(CreatedAt, Text(Time + ".1234567")),
            Row(CompletedAt, Text("2025-12-31 23:59:59.999999999")),
        ],
        SampleHazard.NumericTime =>
        [
            Row(CreatedAt, Integer(1_750_272_605)),
            Row(CreatedAt, Integer(1_750_272_605_123)),
            Row(CreatedAt, Integer(1_750_272_605_123_456)),
            Row(CreatedAt, Integer(0)),
            Row(CreatedAt, Real(2_460_845.284_78)),
        ],
        SampleHazard.InvalidTime =>
        [
            Row(CreatedAt, Text("")),
            Row(CreatedAt, Text("2025-02-30 10:00:00.000000")),
            Row(CreatedAt, Text("now")),
            Row(CompletedAt, Text("infinity")),
            Row(CompletedAt, Text("2025-06-18 24:00:00.000000")),
            Row(CompletedAt, Text("2025-06-18 18:50:60.000000")),
            Row(CompletedAt, Text("10000-01-01 00:00:00.000000")),
            Row(CreatedAt, Text("20250618T185005")),
        ],
        SampleHazard.NullKey => [Row(Id, ConversationCell.OfNull()), Row(Id, ConversationCell.OfNull())],
        SampleHazard.BlobKey => [Row(Id, Blob(0x30, 0x31)), Row(Id, Text("01"))],
        SampleHazard.LongKey => [Row(Id, Text(NameOf(hazard, 0) + "-" + CreateIncompressibleText(8000)))],
        SampleHazard.NulInText =>
        [
            Row(UserQuery, Text("before\0after")),
            Row(ErrorMessage, Text("\0first")),
            Row(UserId, Text("last\0")),
            Row(Id, Text(NameOf(hazard, 3) + "-\0key")),
        ],
        SampleHazard.InvalidUtf8 =>
        [
            Row(UserQuery, TextOf([.. "caf"u8, 0xE9])),
            Row(ErrorMessage, TextOf([0x93, .. "quoted"u8, 0x94])),
            Row(AgentResponses, TextOf([.. "[\""u8, 0xED, 0xA0, 0xBD, 0xED, 0xBA, 0x80, .. "\"]"u8])),
            Row(UserId, TextOf([.. "user"u8, 0xC0, 0xAF])),
            Row(UserQuery, TextOf([.. "cut "u8, 0xE2, 0x82])),
        ],
        SampleHazard.BlobInText => [Row(AgentResponses, Blob("[]"u8.ToArray())), Row(UserId, Blob(0x00, 0xFF, 0x10, 0xFE)), Row(ErrorMessage, Blob())],
        SampleHazard.NulInJson => [Row(AgentResponses, Response("""a\u0000b"""))],
        SampleHazard.LoneSurrogate => [Row(AgentResponses, Response("""\ud83d"""))],
        SampleHazard.NanInJson => [Row(ConversationMetadata, Text("""{"context": {"score": NaN, "high": Infinity, "low": -Infinity}, "test_mode": false}"""))],
        SampleHazard.JsonSpelling =>
        [
            Row(ConversationMetadata, Text("""{"test_mode": false, "context": {"a": 1, "a": 2}}""")),
            Row(ConversationMetadata, Text("{ \"context\":{\"n\":[1.0, 1, 1e400, -0]},\n\t\"test_mode\" : false }")),
        ],
        SampleHazard.InvalidJson => [Row(AgentResponses, Text("")), Row(AgentResponses, Text("""[{"agent": "sarah", "respon"""))],
        SampleHazard.EmptyText =>
        [
            new([(UserId, Text("")), (ErrorMessage, Text(""))]),
            new([(UserId, ConversationCell.OfNull()), (ErrorMessage, ConversationCell.OfNull())]),
        ],
        SampleHazard.TextCost => [Row(TotalCost, Text("free")), Row(TotalCost, Text("12.50"))],
        SampleHazard.NanCost => [Row(TotalCost, Real(double.NaN))],
        SampleHazard.InfiniteCost => [Row(TotalCost, Real(double.PositiveInfinity)), Row(TotalCost, Real(double.NegativeInfinity))],
        SampleHazard.NegativeZeroCost => [Row(TotalCost, Real(-0.0))],
        SampleHazard.LargeIntegerCost => [Row(TotalCost, Integer((1L << 53) + 1))],
        SampleHazard.ExactDouble => [Row(TotalCost, Real(0.1 + 0.2)), Row(TotalCost, Real(double.Epsilon)), Row(TotalCost, Real(double.MaxValue))],
        SampleHazard.LongVarchar => [Row(Status, Text("completed".PadRight(300, '!'))), Row(UserId, Text(new string('u', 255) + "   "))],
        SampleHazard.KeyOrder => Array.ConvertAll(UnsortedKeys, key => Row(Id, Text(key))),
        SampleHazard.TimeTie =>
        [
            .. from index in Enumerable.Range(0, 3).Reverse()
               select new SampleHazardRow([(Id, Text(NameOf(hazard, index))), (CreatedAt, Text(Time + ".000001"))]),
        ],
        SampleHazard.RowIdGap => [new([], RowId: -1), new([], RowId: 1L << 40)],
        _ => throw new ArgumentOutOfRangeException(nameof(hazard), hazard, null),
    };

    private static SampleHazardRow Row(ConversationColumn column, ConversationCell cell) => new([(column, cell)]);

    private static ConversationCell Text(string text) => TextOf(Encoding.UTF8.GetBytes(text));

    private static ConversationCell TextOf(byte[] bytes) => ConversationCell.OfText(bytes);

    private static ConversationCell Blob(params byte[] bytes) => ConversationCell.OfBlob(bytes);

    private static ConversationCell Integer(long value) => ConversationCell.OfInteger(value);

    private static ConversationCell Real(double value) => ConversationCell.OfReal(value);

    private static ConversationCell Response(string json)
        => Text($$"""[{"agent": "sarah", "response": "{{json}}", "timestamp": "2025-06-18T18:50:05.000001"}]""");

    // Hexadecimal digits by chance repeat nothing that PostgreSQL's compression of index entries could use.
    private static string CreateIncompressibleText(int length)
    {
        var random = new SampleRandom(seed: 0, row: 0);
        var text = new StringBuilder(length + 16);
        while (text.Length < length) text.Append(CultureInfo.InvariantCulture, $"{random.Next():x16}");
        return text.ToString(0, length);
    }
}
