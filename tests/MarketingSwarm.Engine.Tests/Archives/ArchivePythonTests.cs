using System.Globalization;
using MarketingSwarm.Engine.Archives;
using MarketingSwarm.Engine.Conversations;
using MarketingSwarm.Engine.Samples;
using MarketingSwarm.Engine.Sqlite;

namespace MarketingSwarm.Engine.Tests.Archives;

/// <summary>Python's json and sqlite3 are the witnesses: what we write is what they read in the source, and what they write we read.</summary>
public sealed class ArchivePythonTests
{
    // Compares the archive with the source cell by cell: storage class, bytes, and the bits of reals.
    private const string Comparison = """
        import base64, collections, gzip, json, sqlite3, struct, sys
        source, archive = sys.argv[1:]

        def bits(value): return struct.pack(">d", value)

        db = sqlite3.connect(source)
        db.text_factory = bytes
        names = [row[1].decode() for row in db.execute("PRAGMA table_info(conversations)")]
        expected = collections.Counter()
        for row in db.execute("SELECT " + ", ".join(f"typeof({n}), {n}" for n in names) + " FROM conversations"):
            cells = {}
            for i, name in enumerate(names):
                kind, value = row[2 * i].decode(), row[2 * i + 1]
                cells[name] = (kind, bits(value) if kind == "real" else value)
            expected[repr(sorted(cells.items()))] += 1

        with open(archive, "rb") as f: is_gzip = f.read(2) == b"\x1f\x8b"
        text = (gzip.open if is_gzip else open)(archive, "rt", encoding="utf-8").read()
        beside = collections.defaultdict(dict)
        if text.startswith("{\n"):
            data = json.loads(text)
            assert list(data) == ["export_date", "conversations", "total_count", "swarm"], list(data)
            assert data["total_count"] == len(data["conversations"])
            from datetime import datetime
            assert datetime.fromisoformat(data["export_date"]).utcoffset().total_seconds() == 0
            assert data["swarm"]["format"] == 1
            rows = data["conversations"]
            for cell in data["swarm"]["cells"]: beside[cell["row"]][cell["column"]] = cell
            lines = text.split("\n")
            assert lines[0] == "{" and lines[1].startswith('  "export_date": "') and lines[2:4] == ['  "conversations": [', "    {"], lines[:4]
            assert any(line.startswith('      "user_query": "') for line in lines)
        else:
            rows = [json.loads(line) for line in text.split("\n")[:-1]]
            for i, row in enumerate(rows): beside[i] = row.pop("swarm", {})

        actual = collections.Counter()
        encoded = 0
        for i, row in enumerate(rows):
            cells = {}
            for name, value in row.items():
                if value is None: cells[name] = ("null", None)
                elif isinstance(value, str): cells[name] = ("text", value.encode("utf-8"))
                elif isinstance(value, float): cells[name] = ("real", bits(value))
                else: cells[name] = ("integer", value)
            for name, cell in beside[i].items():
                assert name not in row
                cells[name] = (cell["storage_class"], base64.b64decode(cell["base64"], validate=True))
                encoded += 1
            actual[repr(sorted(cells.items()))] += 1

        for row in (expected - actual): print("only in the source:", row[:600])
        for row in (actual - expected): print("only in the archive:", row[:600])
        print("rows", sum(actual.values()), "encoded", encoded)
        """;

    // The migration plan's export_sqlite_data.py (5.1): what users have run before they have this module.
    private const string PlanExport = """
        import json, sqlite3, sys
        from datetime import datetime
        conn = sqlite3.connect(sys.argv[1])
        conn.row_factory = sqlite3.Row
        cursor = conn.cursor()
        cursor.execute("SELECT * FROM conversations")
        conversations = [dict(row) for row in cursor.fetchall()]
        with open(sys.argv[2], 'w') as f:
            json.dump({
                'export_date': datetime.now().isoformat(),
                'conversations': conversations,
                'total_count': len(conversations)
            }, f, indent=2, default=str)
        """;

    // The loop of the plan's import_to_cloud_sql.py (5.2), with a class that takes what the application's model takes.
    private const string PlanImport = """
        import json, sys
        class Conversation:
            def __init__(self, id, user_query, user_id=None, status=None, created_at=None, completed_at=None,
                         agent_responses=None, conversation_metadata=None, total_cost=None, error_message=None): self.id = id
        with open(sys.argv[1], 'r') as f:
            data = json.load(f)
        print("\n".join(Conversation(**conv_data).id for conv_data in data['conversations']))
        """;

    public static TheoryData<ArchiveFormat, bool> Kinds => ArchiveFiles.Kinds;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Python_reads_in_the_archive_what_it_reads_in_the_source(ArchiveFormat format, bool gzip)
    {
        using var folder = new TempFolder();
        var source = MakeSource(folder, [SampleHazard.All], out var rows);
        var archive = folder.File("archive");
        var summary = ArchiveFiles.Write(archive, rows, format, gzip);

        Assert.True(summary.EncodedCells > 0);
        Assert.Equal(
            string.Create(CultureInfo.InvariantCulture, $"rows {rows.Count} encoded {summary.EncodedCells}"),
            RunPython(Comparison, source, archive).TrimEnd());
    }

    [Fact]
    public void The_plans_import_takes_the_archive_as_its_own()
    {
        using var folder = new TempFolder();
        MakeSource(folder, [], out var rows);
        var archive = folder.File("archive.json");
        ArchiveFiles.Write(archive, rows, ArchiveFormat.Json, gzip: false);

        Assert.Equal(rows.Select(row => row.Id), RunPython(PlanImport, archive).TrimEnd().Split('\n'));
    }

    [Fact]
    public void What_the_plans_export_wrote_is_read()
    {
        using var folder = new TempFolder();
        var source = MakeSource(folder, [], out var rows);
        Sqlite3.Run(source, """
            UPDATE conversations SET user_query = 'é€🛢 ' || char(0, 1, 31, 127, 8232) || '"\' WHERE rowid = 1;
            UPDATE conversations SET created_at = 1750272603, total_cost = 1e300, error_message = '' WHERE rowid = 2;
            """);
        var archive = folder.File("conversations_export.json");
        RunPython(PlanExport, source, archive);

        using var reader = ArchiveReader.Open(archive, ConversationFilter.All, TestContext.Current.CancellationToken);
        Assert.Empty(reader.Warnings);
        Assert.Equal(rows.Count, reader.ExpectedRows);
        Assert.Equal(ReadSource(source), reader.Read(TestContext.Current.CancellationToken).Select(result => result.Row));
    }

    [Fact]
    public void Bytes_that_the_plans_export_turned_into_text_are_warned_of()
    {
        using var folder = new TempFolder();
        var source = MakeSource(folder, [], out _);
        Sqlite3.Run(source, "UPDATE conversations SET user_query = x'00ff10fe' WHERE rowid = 1; UPDATE conversations SET error_message = x'27' WHERE rowid = 2;");
        var archive = folder.File("conversations_export.json");
        RunPython(PlanExport, source, archive);

        using var reader = ArchiveReader.Open(archive, ConversationFilter.All, TestContext.Current.CancellationToken);
        Assert.Contains("2 cells", Assert.Single(reader.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("9e999", "Infinity")]
    [InlineData("-9e999", "-Infinity")]
    public void An_infinity_that_the_plans_export_wrote_is_named(string value, string token)
    {
        using var folder = new TempFolder();
        var source = MakeSource(folder, [], out _);
        Sqlite3.Run(source, $"UPDATE conversations SET total_cost = {value} WHERE rowid = 2;");
        var archive = folder.File("conversations_export.json");
        RunPython(PlanExport, source, archive);

        var exception = Assert.Throws<SwarmArchiveException>(() => ArchiveFiles.Read(archive));
        Assert.Equal("ArchiveNumberNotJson", exception.ErrorId);
        var line = Array.FindIndex(File.ReadAllLines(archive), text => text.Contains(token, StringComparison.Ordinal)) + 1;
        Assert.Contains(
            string.Create(CultureInfo.InvariantCulture, $"'{archive}', row 2 (counted from 1), column total_cost, line {line}, byte 21: {token} "),
            exception.Message, StringComparison.Ordinal);
    }

    private static string MakeSource(TempFolder folder, SampleHazard[] hazards, out List<Conversation> rows)
    {
        var path = folder.File("source.db");
        SampleDatabase.Write(new SampleOptions { Path = path, Count = 12, ResponseSize = 200, Hazards = hazards }, null, TestContext.Current.CancellationToken);
        rows = ReadSource(path);
        return path;
    }

    private static List<Conversation> ReadSource(string path)
    {
        using var reader = SqliteConversationReader.Open(new SwarmDatabase(DatabaseEngine.Sqlite) { Path = path }, ConversationFilter.All, TestContext.Current.CancellationToken);
        return [.. reader.Read(TestContext.Current.CancellationToken).Select(result => result.Row!)];
    }

    private static string RunPython(string script, params string[] arguments)
    {
        var python = Python.Candidates.FirstOrDefault(candidate => Python.CanImport(candidate, "sqlite3, json, gzip"));
        Assert.SkipWhen(python is null, "python3 with its sqlite3 module was not found.");
        var result = Programs.Run(python, ["-c", script, .. arguments]);
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Output;
    }
}
