using MarketingSwarm.Engine.Samples;

namespace MarketingSwarm.Engine.Tests.Samples;

/// <summary>What is in a sample, as Python's own modules see it.</summary>
public sealed class SampleContentTests(SampleContentTests.Sample sample) : IClassFixture<SampleContentTests.Sample>
{
    [Fact]
    public void CompletedConversationsHaveEighteenResponsesInTheAgentsOrder() => Check("""
        six = ["sarah", "marcus", "elena", "david", "priya", "alex"]
        completed = [row for row in rows() if row["status"] == "completed"]
        assert len(completed) > 200, len(completed)
        for row in completed:
            responses = json.loads(row["agent_responses"])
            assert [response["agent"] for response in responses] == six[:3] + six + six + ["sarah", "alex", "priya"], row["id"]
            assert all(list(response) == ["agent", "response", "timestamp"] and response["response"] for response in responses), row["id"]
        """);

    [Fact]
    public void OtherConversationsHaveFewer() => Check("""
        others = [row for row in rows() if row["status"] != "completed"]
        assert {row["status"] for row in others} == {"active", "failed"}
        lengths = [len(json.loads(row["agent_responses"])) for row in others]
        assert max(lengths) < 18 and len(set(lengths)) > 5, lengths
        """);

    [Fact]
    public void OnlyFailedConversationsHaveAnErrorAndOnlyActiveOnesNoEnd() => Check("""
        for row in rows():
            assert (row["error_message"] is not None) == (row["status"] == "failed"), row["id"]
            assert (row["completed_at"] is None) == (row["status"] == "active"), row["id"]
        """);

    [Fact]
    public void JsonIsWhatJsonDumpsWrites() => Check("""
        written = ""
        for row in rows():
            for column in ("agent_responses", "conversation_metadata"):
                assert json.dumps(json.loads(row[column])) == row[column], (row["id"], column)
                written += row[column]
        assert written.isascii()
        for escape in (r"\u2019", r"\u00fc", r"\ud83d\ude80", r"\u6771\u4eac", r"\n", r'\"'): assert escape in written, escape
        """);

    [Fact]
    public void MetadataHasTheApplicationsMembers() => Check("""
        contexts = []
        for row in rows():
            metadata = json.loads(row["conversation_metadata"])
            assert list(metadata) == ["context", "test_mode"] and metadata["test_mode"] is False, row["id"]
            contexts.append(metadata["context"])
        assert {} in contexts and any(contexts) and all(isinstance(context, dict) for context in contexts)
        """);

    [Fact]
    public void QuestionsAreEscapedAsHtmlEscapeDoes() => Check("""
        queries = [row["user_query"] for row in rows()]
        for query in queries:
            assert html.escape(html.unescape(query)) == query, query
            assert 0 < len(html.unescape(query)) <= 500, query
        for entity in ("&amp;", "&lt;", "&gt;", "&quot;", "&#x27;"): assert any(entity in query for query in queries), entity
        assert max(map(len, queries)) > 500 and not all(map(str.isascii, queries))
        """);

    [Fact]
    public void CreatedAtRisesAndAlwaysHasSixDigits() => Check(@"
created = [row['created_at'] for row in rows()]
assert all(re.fullmatch(r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}', value) for value in created)
assert created == sorted(set(created))
assert any(value.endswith('.000000') for value in created)
");

    [Fact]
    public void CompletedAtIsIsoformatWhichDropsAZeroFraction() => Check("""
        short = 0
        ended = [row for row in rows() if row["completed_at"]]
        for row in ended:
            end = datetime.fromisoformat(row["completed_at"])
            assert end.isoformat(" ") == row["completed_at"], row["completed_at"]
            short += end.microsecond == 0
            begin = datetime.fromisoformat(row["created_at"])
            assert timedelta(0) < end - begin < timedelta(minutes=6), row["id"]
        assert 0.05 < short / len(ended) < 0.2, short
        """);

    [Fact]
    public void ResponsesHaveIsoformatTimesBetweenTheConversations() => Check("""
        short = 0
        for row in rows():
            times = [response["timestamp"] for response in json.loads(row["agent_responses"])]
            parsed = [datetime.fromisoformat(time) for time in times]
            assert [time.isoformat() for time in parsed] == times, row["id"]
            bounds = [datetime.fromisoformat(row["created_at"])] + parsed + [datetime.fromisoformat(row["completed_at"] or "9999-12-31")]
            assert bounds == sorted(bounds), row["id"]
            short += sum(time.microsecond == 0 for time in parsed)
        assert short > 0
        """);

    [Fact]
    public void IdsAreRandomUuidsAndSomeEpochSeconds() => Check("""
        kinds = {"uuid": 0, "conv": 0, "demo": 0}
        for row in rows():
            kind, _, epoch = row["id"].partition("-")
            if kind in kinds:
                created = datetime.fromisoformat(row["created_at"]).replace(tzinfo=timezone.utc, microsecond=0)
                assert int(epoch) == created.timestamp(), row["id"]
            else:
                kind = "uuid"
                value = uuid.UUID(row["id"])
                assert str(value) == row["id"] and value.version == 4 and value.variant == uuid.RFC_4122, row["id"]
            kinds[kind] += 1
        assert min(kinds.values()) > 0 and kinds["uuid"] > 270, kinds
        assert 0 < sum(row["user_id"] is None for row in rows()) < 150
        """);

    [Fact]
    public void EveryCellHasTheApplicationsStorageClass() => Check("""
        listed = ", ".join(f"group_concat(DISTINCT typeof({column}))" for column in columns)
        found = [set(kinds.split(",")) for kinds in connection.execute(f"SELECT {listed} FROM conversations").fetchone()]
        text, nullable = {"text"}, {"text", "null"}
        assert found == [text, nullable, text, text, text, nullable, text, text, {"real"}, nullable], found
        assert connection.execute("SELECT DISTINCT total_cost FROM conversations").fetchall() == [(0.0,)]
        """);

    [Fact]
    public void CompletedConversationsAreOfFiveToTwentyFiveKilobytes() => Check("""
        size = " + ".join(f"coalesce(length(CAST({column} AS BLOB)), 0)" for column in columns)
        least, most = connection.execute(f"SELECT min({size}), max({size}) FROM conversations WHERE status = 'completed'").fetchone()
        assert 5_000 <= least < 10_000 and 18_000 < most <= 25_000, (least, most)
        """);

    [Theory]
    [InlineData(0, 800, 285, 315)]
    [InlineData(18, 1150, 19_000, 21_000)]
    public void RowsAreOfTheSizesThatBenchmarksWant(int responseCount, int responseSize, int least, int most)
    {
        using var folder = new TempFolder();
        var path = folder.File("sized.db");
        var summary = SampleDatabase.Write(new() { Path = path, Count = 400, ResponseCount = responseCount, ResponseSize = responseSize }, null, CancellationToken.None);

        // Python's total_cost is the text '0.0'; the module counts a real's eight bytes.
        var mean = double.Parse(
            SampleOracle.Run(path, """
                size = " + ".join("8" if column == "total_cost" else f"coalesce(length(CAST({column} AS BLOB)), 0)" for column in columns)
                print(connection.execute(f"SELECT avg({size}) FROM conversations").fetchone()[0])
                """),
            System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(mean, least, most);
        Assert.Equal(mean, summary.MeanRowBytes, tolerance: 0.01);
    }

    private void Check(string script) => SampleOracle.Run(sample.Path, script);

    public sealed class Sample : IDisposable
    {
        private readonly TempFolder _folder = new();

        public Sample() => SampleDatabase.Write(new() { Path = Path, Count = 300 }, null, CancellationToken.None);

        public string Path => _folder.File("sample.db");

        public void Dispose() => _folder.Dispose();
    }
}
