using System.Text;
using MarketingSwarm.Engine.Conversations;

namespace MarketingSwarm.Engine.Tests.Archives;

/// <summary>Each thing that an archive can have wrong has one error, which names it and where it is.</summary>
public sealed class ArchiveErrorTests
{
    private const string Rest = "\"user_id\": null, \"status\": null, \"created_at\": null, \"completed_at\": null, \"agent_responses\": null, \"conversation_metadata\": null, \"total_cost\": null, \"error_message\": null";
    private const string Row = "{\"id\": \"c-1\", \"user_query\": \"q\", " + Rest + "}";

    [Theory]
    [InlineData("[1]", "ArchiveNotRecognised", "begins with '['")]
    [InlineData("SQLite format 3\0", "ArchiveNotRecognised", "begins with 'S'")]
    [InlineData("{}", "ArchiveNotRecognised", "first object is empty")]
    [InlineData("{\"rows\": []}", "ArchiveNotRecognised", "'rows'")]
    [InlineData("", "ArchiveEmpty", "is empty")]
    [InlineData(" \n\t", "ArchiveEmpty", "is empty")]
    [InlineData("{\"export_date\": \"d\", \"conversations\": [], \"total_count\": 0, \"more\": 1}", "ArchiveTopKeyUnknown", "'more'", "line 1, byte 61")]
    [InlineData("{\"export_date\": \"d\",\n \"conversations\": [], \"total_count\": 0, \"total_count\": 0}", "ArchiveKeyTwice", "'total_count'", "line 2, byte 41")]
    [InlineData("{\"export_date\": \"d\", \"total_count\": 0}", "ArchiveTopKeyMissing", "'conversations'")]
    [InlineData("{\"export_date\": \"d\", \"conversations\": []}", "ArchiveTopKeyMissing", "'total_count'")]
    [InlineData("{\"conversations\": [], \"total_count\": 0}", "ArchiveTopKeyMissing", "'export_date'")]
    [InlineData("{\"export_date\": 1, \"conversations\": [], \"total_count\": 0}", "ArchiveValueUnexpected", "'export_date'", "the number 1", "byte 17")]
    [InlineData("{\"export_date\": \"d\", \"conversations\": {}, \"total_count\": 0}", "ArchiveValueUnexpected", "'conversations'", "an object")]
    [InlineData("{\"export_date\": \"d\", \"conversations\": [], \"total_count\": \"0\"}", "ArchiveValueUnexpected", "'total_count'", "the text '0'")]
    [InlineData("{\"export_date\": \"d\", \"conversations\": [], \"total_count\": 2}", "ArchiveCountWrong", "announces 2 rows", "has 0")]
    [InlineData("{\"export_date\": \"d\", \"conversations\": [], \"total_count\": 0} x", "ArchiveTrailingText", "byte 61")]
    [InlineData("{\"export_date\": \"d\", \"conversations\": [], \"total_count\": 0", "ArchiveCutOff", "line 1, byte 59")]
    [InlineData("{\"export_date\": \"d\", \"conversations\": [}", "ArchiveNotJson", "line 1, byte 40", "'}'")]
    public void Of_the_document(string text, string errorId, params string[] parts) => AssertError(text, errorId, parts);

    [Theory]
    [InlineData("1", "ArchiveRowNotAnObject", "row 2 (counted from 1)", "the number 1")]
    [InlineData("[]", "ArchiveRowNotAnObject", "an array")]
    [InlineData("null", "ArchiveRowNotAnObject", "null")]
    [InlineData("{\"id\": \"a\", \"price\": 1}", "ArchiveKeyUnknown", "'price'", "user_query", "line 3, byte 13")]
    [InlineData("{\"Id\": \"a\"}", "ArchiveKeyUnknown", "'Id'")]
    [InlineData("{\"swarm\": {}}", "ArchiveKeyUnknown", "'swarm'")]
    [InlineData("{\"id\": \"a\", \"id\": \"a\"}", "ArchiveKeyTwice", "'id'", "column id")]
    [InlineData("{\"id\": {\"a\": 1}}", "ArchiveValueNested", "column id", "an object")]
    [InlineData("{\"agent_responses\": []}", "ArchiveValueNested", "column agent_responses", "an array")]
    [InlineData("{\"status\": true}", "ArchiveValueNested", "column status", "true")]
    [InlineData("{\"total_cost\": NaN}", "ArchiveNumberNotJson", "column total_cost", "line 3, byte 16: NaN")]
    [InlineData("{\"total_cost\":-Infinity}", "ArchiveNumberNotJson", "byte 15: -Infinity")]
    [InlineData("{\"total_cost\": Infinity}", "ArchiveNumberNotJson", "byte 16: Infinity")]
    [InlineData("{\"total_cost\": 9223372036854775808}", "ArchiveNumberTooLarge", "9223372036854775808", "64 bits")]
    [InlineData("{\"total_cost\": -1e400}", "ArchiveNumberTooLarge", "-1e400", "a double")]
    [InlineData("{\"total_cost\": 01}", "ArchiveNotJson", "column total_cost", "leading zero")]
    [InlineData("{\"id\": 'a'}", "ArchiveNotJson", "column id", "line 3, byte 8")]
    [InlineData("{\"id\": \"a\nb\"}", "ArchiveNotJson", "column id", "line 3")]
    [InlineData("{\"id\": \"a\"}", "ArchiveColumnMissing", "row 2 (counted from 1)", "'user_id'")]
    public void Of_a_row(string row, string errorId, params string[] parts)
    {
        AssertError($"{{\"export_date\": \"d\", \"conversations\": [\n{Row},\n{row}], \"total_count\": 2}}", errorId, [.. parts]);

        // NDJSON names them alike, but for its rows' own key.
        if (row.Contains("swarm", StringComparison.Ordinal)) return;
        AssertError($"{Row}\n\n{row}\n", errorId, [.. parts]);
    }

    [Theory]
    [InlineData("1", "ArchiveValueUnexpected", "'swarm'", "the number 1")]
    [InlineData("{}", "ArchiveValueUnexpected", "'format' first", "the end of the object")]
    [InlineData("{\"cells\": []}", "ArchiveValueUnexpected", "'format' first", "the key 'cells'")]
    [InlineData("{\"format\": 2, \"other\": []}", "ArchiveFormatNewer", "format 2", "up to 1")]
    [InlineData("{\"format\": 0}", "ArchiveValueUnexpected", "'format'", "the number 0")]
    [InlineData("{\"format\": \"1\"}", "ArchiveValueUnexpected", "the text '1'")]
    [InlineData("{\"format\": 1}", "ArchiveValueUnexpected", "'cells'")]
    [InlineData("{\"format\": 1, \"cells\": {}}", "ArchiveValueUnexpected", "an array of cells", "an object")]
    [InlineData("{\"format\": 1, \"cells\": [], \"more\": 1}", "ArchiveValueUnexpected", "the key 'more'")]
    [InlineData("{\"format\": 1, \"cells\": [1]}", "ArchiveValueUnexpected", "swarm cell 1 (counted from 1)", "the number 1")]
    [InlineData("{\"format\": 1, \"cells\": [{\"row\": 1, \"column\": \"user_query\", \"storage_class\": \"blob\", \"base64\": \"AA==\"}]}", "ArchiveCellWithoutRow", "row 1 (counted from 0)", "has 1 rows")]
    [InlineData("{\"format\": 1, \"cells\": [{\"row\": -1}]}", "ArchiveValueUnexpected", "'row'", "the number -1")]
    [InlineData("{\"format\": 1, \"cells\": [{\"row\": 0, \"column\": \"price\"}]}", "ArchiveCellColumnUnknown", "'price'", "user_query")]
    [InlineData("{\"format\": 1, \"cells\": [{\"row\": 0, \"row\": 0}]}", "ArchiveKeyTwice", "'row'")]
    [InlineData("{\"format\": 1, \"cells\": [{\"rows\": 0}]}", "ArchiveCellKeyUnknown", "'rows'")]
    [InlineData("{\"format\": 1, \"cells\": [{\"row\": 0, \"column\": \"id\", \"storage_class\": \"blob\"}]}", "ArchiveCellIncomplete", "'base64'")]
    [InlineData("{\"format\": 1, \"cells\": [{\"row\": 0, \"column\": \"id\", \"storage_class\": \"integer\"}]}", "ArchiveValueUnexpected", "'storage_class'", "the text 'integer'")]
    [InlineData("{\"format\": 1, \"cells\": [{\"row\": 0, \"column\": \"id\", \"storage_class\": \"blob\", \"base64\": \"A\"}]}", "ArchiveBase64Wrong", "'A'")]
    [InlineData("{\"format\": 1, \"cells\": [{\"row\": 0, \"column\": \"id\", \"storage_class\": \"blob\", \"base64\": \"\\ud83d\"}]}", "ArchiveBase64Wrong", "swarm cell 1")]
    [InlineData("{\"format\": 1, \"cells\": [{\"row\": 0, \"column\": \"id\", \"storage_class\": \"blob\", \"base64\": null}]}", "ArchiveValueUnexpected", "'base64'", "null")]
    [InlineData("{\"format\": 1, \"cells\": [{\"row\": 0, \"column\": \"total_cost\", \"storage_class\": \"real\", \"base64\": \"AAAA\"}]}", "ArchiveCellNotReal", "has 3")]
    [InlineData("{\"format\": 1, \"cells\": [{\"row\": 0, \"column\": \"id\", \"storage_class\": \"blob\", \"base64\": \"AA==\"}]}", "ArchiveCellTwice", "row 1 (counted from 1), column id")]
    [InlineData("{\"format\": 1, \"cells\": [{\"row\": 0, \"column\": \"user_query\", \"storage_class\": \"blob\", \"base64\": \"AA==\"}, {\"row\": 0, \"column\": \"user_query\", \"storage_class\": \"blob\", \"base64\": \"AA==\"}]}", "ArchiveCellTwice", "column user_query")]
    [InlineData("{\"format\": 1, \"cells\": []}", "ArchiveColumnMissing", "'user_query'")]
    public void Of_the_cells_beside_the_rows(string swarm, string errorId, params string[] parts)
        => AssertError($"{{\"export_date\": \"d\", \"conversations\": [\n{{\"id\": \"c-1\", {Rest}}}], \"total_count\": 1, \"swarm\": {swarm}}}", errorId, parts);

    [Fact]
    public void Of_cells_that_are_not_in_the_rows_order()
    {
        const string Cell = ", \"column\": \"user_query\", \"storage_class\": \"blob\", \"base64\": \"AA==\"}";
        const string Short = "{\"id\": \"c\", " + Rest + "}";
        AssertError(
            "{\"export_date\": \"d\", \"conversations\": [" + Short + "," + Short + "], \"total_count\": 2, \"swarm\": {\"format\": 1, \"cells\": [{\"row\": 1" + Cell + ", {\"row\": 0" + Cell + "]}}",
            "ArchiveCellOutOfOrder", "swarm cell 2", "row 0", "row 1");
    }

    [Theory]
    [InlineData("\"swarm\": 1", "ArchiveValueUnexpected", "'swarm'")]
    [InlineData("\"swarm\": {\"price\": {}}", "ArchiveCellColumnUnknown", "'price'")]
    [InlineData("\"swarm\": {\"user_query\": 1}", "ArchiveValueUnexpected", "column user_query")]
    [InlineData("\"swarm\": {\"user_query\": {\"row\": 1}}", "ArchiveCellKeyUnknown", "'row'")]
    [InlineData("\"swarm\": {\"user_query\": {\"base64\": \"\"}}", "ArchiveCellIncomplete", "'storage_class'")]
    [InlineData("\"swarm\": {\"id\": {\"storage_class\": \"blob\", \"base64\": \"\"}}", "ArchiveKeyTwice", "'id'")]
    [InlineData("\"swarm\": {}, \"swarm\": {}", "ArchiveKeyTwice", "'swarm'")]
    [InlineData("\"swarm\": {}", "ArchiveColumnMissing", "'user_query'", "row 1 (counted from 1)")]
    public void Of_the_cells_in_a_row_of_NDJSON(string swarm, string errorId, params string[] parts)
        => AssertError($"{{\"id\": \"c-1\", {Rest}, {swarm}}}\n", errorId, parts);

    [Fact]
    public void A_row_of_NDJSON_may_begin_with_its_cells()
    {
        using var folder = new TempFolder();
        var path = folder.WriteText($"{{\"swarm\": {{\"user_query\": {{\"base64\": \"AP8=\", \"storage_class\": \"text\"}}}}, \"id\": \"c-1\", {Rest}}}");

        var cell = Assert.Single(ArchiveFiles.Read(path)).GetCell(ConversationColumn.UserQuery);
        Assert.Equal(ConversationCell.OfText(new byte[] { 0, 0xFF }), cell);
    }

    [Fact]
    public void Of_text_that_is_not_UTF8()
    {
        using var folder = new TempFolder();
        var path = folder.File("latin1");
        File.WriteAllBytes(path, Encoding.Latin1.GetBytes($"{Row}\n{Row.Replace("\"q\"", "\"né\"", StringComparison.Ordinal)}\n"));

        var exception = Assert.Throws<SwarmArchiveException>(() => ArchiveFiles.Read(path));
        Assert.Equal("ArchiveTextNotUtf8", exception.ErrorId);
        Assert.Contains("row 2 (counted from 1), column user_query, line 2", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\\ud83d")]
    [InlineData("\\ude00")]
    [InlineData("a\\n\\ud83dx")]
    [InlineData("\\ud83d\\ud83d")]
    public void Half_a_character_is_an_error_of_its_row_alone(string text)
    {
        using var folder = new TempFolder();
        var damaged = Row.Replace("\"q\"", $"\"{text}\"", StringComparison.Ordinal);
        foreach (var archive in (string[])[$"{damaged}\n{Row}\n", $"{{\"export_date\": \"d\", \"conversations\": [{damaged}, {Row}], \"total_count\": 2}}"])
        {
            var results = ArchiveFiles.ReadResults(folder.WriteText(archive));
            Assert.Equal(2, results.Count);
            var error = results[0].Error!;
            Assert.Equal(("ArchiveTextNotUnicode", "c-1", "user_query"), (error.ErrorId, error.ConversationId, error.Column));
            Assert.Contains("row 1 (counted from 1), column user_query", error.Message, StringComparison.Ordinal);
            Assert.Equal("q", results[1].Row!.UserQuery);
        }
    }

    [Fact]
    public void Whole_characters_that_JSON_escapes_are_read()
    {
        using var folder = new TempFolder();
        var path = folder.WriteText(Row.Replace("\"q\"", "\"\\ud83d\\ude00\\u0000\\/\\u00e9\"", StringComparison.Ordinal));

        Assert.Equal("😀\0/é", Assert.Single(ArchiveFiles.Read(path)).UserQuery);
    }

    [Theory]
    [InlineData("0", "INTEGER '0'")]
    [InlineData("-0", "INTEGER '0'")]
    [InlineData("9223372036854775807", "INTEGER '9223372036854775807'")]
    [InlineData("-9223372036854775808", "INTEGER '-9223372036854775808'")]
    [InlineData("0.0", "REAL '0'")]
    [InlineData("-0.0", "REAL '-0'")]
    [InlineData("1e2", "REAL '100'")]
    [InlineData("1E+2", "REAL '100'")]
    public void A_number_with_a_point_or_an_exponent_is_a_real(string number, string expected)
    {
        using var folder = new TempFolder();
        var path = folder.WriteText(Row.Replace("\"total_cost\": null", $"\"total_cost\": {number}", StringComparison.Ordinal));

        Assert.Equal(expected, SwarmDataException.Describe(Assert.Single(ArchiveFiles.Read(path)).GetCell(ConversationColumn.TotalCost)));
    }

    [Fact]
    public void A_byte_order_mark_and_carriage_returns_are_tolerated()
    {
        using var folder = new TempFolder();
        Assert.Equal(2, ArchiveFiles.Read(folder.WriteText($"\uFEFF{Row}\r\n\r\n{Row}\r\n")).Count);
        Assert.Single(ArchiveFiles.Read(folder.WriteText($"\uFEFF{{\"export_date\": \"d\",\r\n \"conversations\": [{Row}],\r\n \"total_count\": 1}}\r\n")));
    }

    [Fact]
    public void The_keys_may_come_in_another_order()
    {
        using var folder = new TempFolder();
        var path = folder.WriteText(
            "{\"total_count\": 1, \"swarm\": {\"format\": 1, \"cells\": [{\"base64\": \"AA==\", \"row\": 0, \"storage_class\": \"blob\", \"column\": \"user_query\"}]}, "
            + "\"conversations\": [{" + Rest + ", \"id\": \"c-1\"}], \"export_date\": \"d\"}");

        var row = Assert.Single(ArchiveFiles.Read(path));
        Assert.Equal("c-1", row.Id);
        Assert.Equal(ConversationCell.OfBlob(new byte[] { 0 }), row.GetCell(ConversationColumn.UserQuery));
    }

    [Fact]
    public void Of_the_file()
    {
        using var folder = new TempFolder();
        Assert.Equal("ArchiveNotFound", Assert.Throws<SwarmArchiveException>(() => ArchiveFiles.Read(folder.File("none"))).ErrorId);
        Assert.Equal("ArchiveNotFound", Assert.Throws<SwarmArchiveException>(() => ArchiveFiles.Read(folder.File("no/folder"))).ErrorId);
        Assert.Equal("ArchiveIsFolder", Assert.Throws<SwarmArchiveException>(() => ArchiveFiles.Read(folder.Path)).ErrorId);
    }

    [Fact]
    public void Rows_are_filtered_by_bytes_and_times()
    {
        using var folder = new TempFolder();
        var path = folder.File("rows.ndjson");
        Conversation[] rows =
        [
            Make("a", "completed", "u", ArchiveFiles.Text("2025-06-18 10:00:00.000000")),
            Make("A", "completed", "v", ArchiveFiles.Text("2025-06-18 11:00:00")),
            Make("b", "active", "u", ArchiveFiles.Text("yesterday")),
            Make("é", "failed", "u", ConversationCell.OfNull()),
            ArchiveFiles.Row((ConversationColumn.Id, ConversationCell.OfBlob("a"u8.ToArray())), (ConversationColumn.Status, ArchiveFiles.Text("completed"))),
        ];
        foreach (var format in Enum.GetValues<ArchiveFormat>())
        {
            ArchiveFiles.Write(path, rows, format, gzip: false);
            Assert.Equal([rows[0], rows[3]], ArchiveFiles.Read(path, new ConversationFilter { Ids = ["é", "a"] }));
            Assert.Equal([rows[0], rows[1], rows[4]], ArchiveFiles.Read(path, new ConversationFilter { Statuses = ["completed"] }));
            Assert.Equal([rows[0], rows[2]], ArchiveFiles.Read(path, new ConversationFilter { UserIds = ["u"], First = 2 }));
            Assert.Equal([rows[0]], ArchiveFiles.Read(path, new ConversationFilter { Statuses = ["completed"], UserIds = ["u"] }));
            Assert.Empty(ArchiveFiles.Read(path, new ConversationFilter { Ids = ["c"] }));

            var eleven = SwarmTimestamp.FromDateTime(new DateTime(2025, 6, 18, 11, 0, 0, DateTimeKind.Utc));
            Assert.Equal([rows[0]], ArchiveFiles.Read(path, new ConversationFilter { Until = eleven, First = 1 }));
            var since = ArchiveFiles.ReadResults(path, new ConversationFilter { Since = eleven });
            Assert.Equal(2, since.Count);
            Assert.Equal(rows[1], since[0].Row);
            Assert.Equal(("CellNotDecodable", "b"), (since[1].Error!.ErrorId, since[1].Error!.ConversationId));
        }
    }

    private static Conversation Make(string id, string status, string userId, ConversationCell createdAt) => ArchiveFiles.Row(
        (ConversationColumn.Id, ArchiveFiles.Text(id)), (ConversationColumn.Status, ArchiveFiles.Text(status)),
        (ConversationColumn.UserId, ArchiveFiles.Text(userId)), (ConversationColumn.CreatedAt, createdAt));

    private static void AssertError(string text, string errorId, params string[] parts)
    {
        using var folder = new TempFolder();
        var path = folder.WriteText(text);
        var exception = Assert.Throws<SwarmArchiveException>(() => ArchiveFiles.Read(path));
        Assert.True(exception.ErrorId == errorId, $"{exception.ErrorId}: {exception.Message}");
        foreach (var part in parts.Append(path)) Assert.Contains(part, exception.Message, StringComparison.Ordinal);
        Assert.NotNull(exception.RecommendedAction);
        Assert.Equal(path, exception.Target);
    }
}
