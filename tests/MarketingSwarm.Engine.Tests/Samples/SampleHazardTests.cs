using System.Text;
using MarketingSwarm.Engine.Samples;

namespace MarketingSwarm.Engine.Tests.Samples;

/// <summary>What SQLite really stored for each hazard: <c>typeof</c> and bytes, by Python.</summary>
public sealed class SampleHazardTests(SampleHazardTests.Sample sample) : IClassFixture<SampleHazardTests.Sample>
{
    /// <summary>The hazard, the column, and what each of its rows holds there: a storage class and the bytes of CAST … AS BLOB; null where another column shows it.</summary>
    public static TheoryData<SampleHazard, string, string?[]> Cells => new()
    {
        { SampleHazard.NumericText, "created_at", ["integer 2025", "integer 20250618", null] },
        { SampleHazard.NumericText, "completed_at", [null, null, "real 2025.5"] },
        { SampleHazard.TimeWithoutFraction, "created_at", ["text 2025-06-18 18:50:05"] },
        { SampleHazard.IsoTime, "created_at", ["text 2025-06-18T18:50:05.123456", "text 2025-06-18T18:50:05Z", "text 2025-06-18T18:50:05.123456+05:30", null] },
        { SampleHazard.IsoTime, "completed_at", [null, null, null, "text 2025-06-18 18:50:05-08:00"] },
        { SampleHazard.FractionLength, "created_at", ["text 2025-06-18 18:50:05.123", "text 2025-06-18 18:50:05.1234567", null] },
        { SampleHazard.FractionLength, "completed_at", [null, null, "text 2025-12-31 23:59:59.999999999"] },
        { SampleHazard.NumericTime, "created_at", ["integer 1750272605", "integer 1750272605123", "integer 1750272605123456", "integer 0", "real 2460845.28478"] },
        { SampleHazard.InvalidTime, "created_at", ["text ", "text 2025-02-30 10:00:00.000000", "text now", null, null, null, null, "text 20250618T185005"] },
        {
            SampleHazard.InvalidTime, "completed_at",
            [null, null, null, "text infinity", "text 2025-06-18 24:00:00.000000", "text 2025-06-18 18:50:60.000000", "text 10000-01-01 00:00:00.000000", null]
        },
        { SampleHazard.NullKey, "id", ["null ", "null "] },
        { SampleHazard.BlobKey, "id", ["blob 01", "text 01"] },
        { SampleHazard.NulInText, "user_query", ["text before\0after", null, null, null] },
        { SampleHazard.NulInText, "error_message", [null, "text \0first", null, null] },
        { SampleHazard.NulInText, "user_id", [null, null, "text last\0", null] },
        { SampleHazard.NulInText, "id", [null, null, null, "text hazard-11-4-\0key"] },
        { SampleHazard.InvalidUtf8, "user_query", ["text caf\u00E9", null, null, null, "text cut \u00E2\u0082"] },
        { SampleHazard.InvalidUtf8, "error_message", [null, "text \u0093quoted\u0094", null, null, null] },
        { SampleHazard.InvalidUtf8, "agent_responses", [null, null, "text [\"\u00ED\u00A0\u00BD\u00ED\u00BA\u0080\"]", null, null] },
        { SampleHazard.InvalidUtf8, "user_id", [null, null, null, "text user\u00C0\u00AF", null] },
        { SampleHazard.BlobInText, "agent_responses", ["blob []", null, null] },
        { SampleHazard.BlobInText, "user_id", [null, "blob \0\u00FF\u0010\u00FE", null] },
        { SampleHazard.BlobInText, "error_message", [null, null, "blob "] },
        { SampleHazard.NulInJson, "agent_responses", ["""text [{"agent": "sarah", "response": "a\u0000b", "timestamp": "2025-06-18T18:50:05.000001"}]"""] },
        { SampleHazard.LoneSurrogate, "agent_responses", ["""text [{"agent": "sarah", "response": "\ud83d", "timestamp": "2025-06-18T18:50:05.000001"}]"""] },
        { SampleHazard.NanInJson, "conversation_metadata", ["""text {"context": {"score": NaN, "high": Infinity, "low": -Infinity}, "test_mode": false}"""] },
        {
            SampleHazard.JsonSpelling, "conversation_metadata",
            ["""text {"test_mode": false, "context": {"a": 1, "a": 2}}""", "text { \"context\":{\"n\":[1.0, 1, 1e400, -0]},\n\t\"test_mode\" : false }"]
        },
        { SampleHazard.InvalidJson, "agent_responses", ["text ", """text [{"agent": "sarah", "respon"""] },
        { SampleHazard.EmptyText, "user_id", ["text ", "null "] },
        { SampleHazard.EmptyText, "error_message", ["text ", "null "] },
        { SampleHazard.TextCost, "total_cost", ["text free", "real 12.5"] },
        { SampleHazard.NanCost, "total_cost", ["null "] },
        { SampleHazard.InfiniteCost, "total_cost", ["real Inf", "real -Inf"] },
        { SampleHazard.NegativeZeroCost, "total_cost", ["real 0.0"] },
        { SampleHazard.LongVarchar, "status", ["text completed" + new string('!', 291), null] },
        { SampleHazard.LongVarchar, "user_id", [null, "text " + new string('u', 255) + "   "] },
        { SampleHazard.KeyOrder, "id", ["text b", "text \u00C3\u00A9", "text A", "text a-b", "text z", "text _", "text ab", "text B", "text a"] },
        { SampleHazard.TimeTie, "id", ["text hazard-29-3", "text hazard-29-2", "text hazard-29-1"] },
        { SampleHazard.TimeTie, "created_at", ["text 2025-06-18 18:50:05.000001", "text 2025-06-18 18:50:05.000001", "text 2025-06-18 18:50:05.000001"] },
    };

    [Theory]
    [MemberData(nameof(Cells), DisableDiscoveryEnumeration = true)]
    public void TheCellsAreStoredAsClaimed(SampleHazard hazard, string column, string?[] expected)
    {
        var rowIds = sample.Summary.HazardRows[hazard.ToString()];
        Assert.Equal(expected.Length, rowIds.Length);
        foreach (var (rowId, cell) in rowIds.Zip(expected))
        {
            if (cell is null) continue;
            // The letters above stand for bytes: Latin-1.
            var blank = cell.IndexOf(' ', StringComparison.Ordinal);
            var wanted = $"{cell[..blank]}|{Convert.ToHexString(Encoding.Latin1.GetBytes(cell[(blank + 1)..]))}";
            Assert.Equal(wanted, Assert.Single(Sqlite3.Run(sample.Path, $"SELECT typeof({column}), hex(CAST({column} AS BLOB)) FROM conversations WHERE rowid = {rowId}")));
        }
    }

    [Fact]
    public void DoublesKeepEveryBit() => SampleOracle.Run(sample.Path, $"""
        found = [connection.execute("SELECT total_cost FROM conversations WHERE rowid = ?", (rowid,)).fetchone()[0] for rowid in [{RowIds(SampleHazard.ExactDouble)}]]
        assert [value.hex() for value in found] == [(0.1 + 0.2).hex(), (5e-324).hex(), sys.float_info.max.hex()], found
        """);

    [Fact]
    public void AnIntegerBeyondDoublesIsRounded() => SampleOracle.Run(sample.Path, $"""
        found = connection.execute("SELECT typeof(total_cost), total_cost FROM conversations WHERE rowid = {RowIds(SampleHazard.LargeIntegerCost)}").fetchone()
        assert found == ("real", 2.0 ** 53), found
        """);

    [Fact]
    public void TheLongKeyDoesNotCompress() => SampleOracle.Run(sample.Path, $"""
        import zlib
        key = connection.execute("SELECT id FROM conversations WHERE rowid = {RowIds(SampleHazard.LongKey)}").fetchone()[0]
        assert len(key) > 8000 and len(zlib.compress(key.encode(), 9)) > 2704, len(key)
        """);

    [Fact]
    public void RowIdsHaveGaps()
    {
        var rowIds = sample.Summary.HazardRows[nameof(SampleHazard.RowIdGap)];

        Assert.Equal([-1, 1L << 40], rowIds);
        Assert.Equal([$"-1|{1L << 40}"], Sqlite3.Run(sample.Path, "SELECT min(rowid), max(rowid) FROM conversations"));
        Assert.Equal(["hazard-30-1", "hazard-30-2"], Sqlite3.Run(sample.Path, "SELECT id FROM conversations WHERE rowid IN (-1, 1 << 40) ORDER BY id"));
    }

    [Fact]
    public void RowsAreNamedByTheirHazard()
    {
        foreach (var (name, rowIds) in sample.Summary.HazardRows)
        {
            var hazard = Enum.Parse<SampleHazard>(name);
            if (hazard is SampleHazard.NullKey or SampleHazard.BlobKey or SampleHazard.KeyOrder) continue;
            var ids = Sqlite3.Run(sample.Path, $"SELECT hex(id) FROM conversations WHERE rowid IN ({string.Join(", ", rowIds)})");
            Assert.Equal(rowIds.Length, ids.Count);
            Assert.All(ids, id => Assert.StartsWith($"hazard-{(int)hazard:00}-", Encoding.Latin1.GetString(Convert.FromHexString(id)), StringComparison.Ordinal));
        }
    }

    [Fact]
    public void TheOtherCellsAreThoseOfACompletedConversation() => SampleOracle.Run(sample.Path, $"""
        connection.row_factory = sqlite3.Row
        row = connection.execute("SELECT * FROM conversations WHERE rowid = {RowIds(SampleHazard.TimeWithoutFraction)}").fetchone()
        assert row["status"] == "completed" and row["completed_at"] and len(json.loads(row["agent_responses"])) == 18, dict(row)
        """);

    [Fact]
    public void AllMeansEveryHazardThatTheShapeCanHold()
    {
        var every = Enum.GetValues<SampleHazard>().Where(hazard => hazard != SampleHazard.All).ToArray();

        Assert.Equal(every.Select(hazard => hazard.ToString()), sample.Summary.HazardRows.Keys);
        Assert.Equal(every.Where(hazard => hazard != SampleHazard.NullKey), SampleHazards.Expand([SampleHazard.All], SampleShape.Application));
        Assert.Equal([SampleHazard.NulInText, SampleHazard.KeyOrder], SampleHazards.Expand([SampleHazard.KeyOrder, SampleHazard.NulInText, SampleHazard.KeyOrder], SampleShape.Application));
    }

    [Fact]
    public void TheFileIsSoundAndItsRowsAreCounted()
    {
        Assert.Equal(["ok"], Sqlite3.Run(sample.Path, "PRAGMA integrity_check"));
        Assert.Equal([$"{sample.Summary.Rows}"], Sqlite3.Run(sample.Path, "SELECT count(*) FROM conversations"));
        Assert.Equal(sample.Summary.Rows, Sample.Count + sample.Summary.HazardRows.Sum(hazard => hazard.Value.Length));
    }

    private string RowIds(SampleHazard hazard) => string.Join(", ", sample.Summary.HazardRows[hazard.ToString()]);

    public sealed class Sample : IDisposable
    {
        internal const int Count = 5;

        private readonly TempFolder _folder = new();

        public Sample() => Summary = SampleDatabase.Write(
            new() { Path = Path, Count = Count, Shape = SampleShape.Plan, Hazards = [SampleHazard.All] }, null, CancellationToken.None);

        public string Path => _folder.File("hazards.db");

        public SampleSummary Summary { get; }

        public void Dispose() => _folder.Dispose();
    }
}
