namespace MarketingSwarm.Tests.Conversation;

/// <summary>Every cell of a table, read by other hands than the module's: Python of a SQLite file, psql of a PostgreSQL table. A line is a row, in the order of the ids' bytes.</summary>
internal static class Dump
{
    private static readonly string[] TextColumns = ["user_id", "user_query", "status", "agent_responses", "conversation_metadata", "error_message"];

    // A time is compared as an instant with six fraction digits, a number by its bits, a text by a hash of its bytes: rows are large.
    private const string AsPostgres = """
        import hashlib, struct
        connection = sqlite3.connect(sys.argv[1])
        connection.text_factory = bytes
        def text(value): return "-" if value is None else hashlib.md5(value).hexdigest()
        def time(value): return "-" if value is None else value.decode() + ("" if b"." in value else ".000000")
        def number(value): return "-" if value is None else struct.pack(">d", value + 0.0).hex()
        print("ready")
        for row in connection.execute("SELECT id, user_id, user_query, status, agent_responses, conversation_metadata, error_message, created_at, completed_at, total_cost "
                "FROM conversations ORDER BY id COLLATE BINARY"):
            print("|".join([row[0].hex(), *map(text, row[1:7]), *map(time, row[7:9]), number(row[9])]))
        """;

    private const string AsStored = """
        import hashlib
        connection = sqlite3.connect(sys.argv[1])
        connection.text_factory = bytes
        def show(kind, value): return kind.decode() + ":" + (hashlib.md5(value).hexdigest() if isinstance(value, bytes) else repr(value))
        names = "id user_id user_query status created_at completed_at agent_responses conversation_metadata total_cost error_message".split()
        print("ready")
        for row in connection.execute("SELECT " + ", ".join(f"typeof({name}), {name}" for name in names) + " FROM conversations ORDER BY typeof(id), id COLLATE BINARY, rowid"):
            print("|".join(show(row[i], row[i + 1]) for i in range(0, 20, 2)))
        """;

    internal static IReadOnlyList<string> OfSqliteAsPostgresHasIt(string path) => Run(AsPostgres, path);

    /// <summary>The cells with their storage classes.</summary>
    internal static IReadOnlyList<string> OfSqlite(string path) => Run(AsStored, path);

    internal static IReadOnlyList<string> OfPostgres(TestDatabase database)
    {
        var texts = string.Join(" || '|' || ", TextColumns.Select(name => $"coalesce(md5(convert_to({name}, 'UTF8')), '-')"));
        var times = string.Join(" || '|' || ", new[] { "created_at", "completed_at" }.Select(name => $"coalesce(to_char({name}, 'YYYY-MM-DD HH24:MI:SS.US'), '-')"));
        var output = database.Psql(
            $"""
            SELECT encode(convert_to(id, 'UTF8'), 'hex') || '|' || {texts} || '|' || {times} || '|' || coalesce(encode(float8send(total_cost), 'hex'), '-')
            FROM conversations ORDER BY id COLLATE "C"
            """);
        return output.Length == 0 ? [] : output.Split('\n');
    }

    private static IReadOnlyList<string> Run(string script, string path)
    {
        using var python = RunningPython.Start(script, path);
        return python.Finish();
    }
}
