namespace MarketingSwarm.Testing;

/// <summary>The table in which the hazards stand.</summary>
public enum HazardShape
{
    /// <summary>As the application's model makes it: a key that is NOT NULL, no defaults.</summary>
    Application,

    /// <summary>As the migration plan has it: a key that may be NULL, defaults, two indexes.</summary>
    Plan,

    /// <summary>Columns without types or constraints, so that SQLite stores whatever it is given.</summary>
    Untyped,

    /// <summary>The application's columns in a table without rowids.</summary>
    WithoutRowId,
}

/// <summary>
///   A SQLite file with a row for each thing that goes wrong on the way to PostgreSQL, written by Python's sqlite3 byte by byte, and every
///   cell of such a file as Python reads it: no code of the module's is in between.
/// </summary>
public static class HazardFile
{
    // A str is text, B(…) text given as its bytes, bytes are a BLOB. All text is bound as bytes and cast, since Python would refuse most of
    // what is meant here. In UTF-16 there is no invalid UTF-8; a lone surrogate stands in its place.
    private const string Library = """
        import random, struct, hashlib
        names = "id user_id user_query status created_at completed_at agent_responses conversation_metadata total_cost error_message".split()
        types = "VARCHAR VARCHAR TEXT VARCHAR DATETIME DATETIME TEXT TEXT FLOAT TEXT".split()
        columns = ", ".join(f"{name} {kind}{' NOT NULL' if name in ('id', 'user_query') else ''}" for name, kind in zip(names, types))
        shapes = {
            "Application": [f"CREATE TABLE conversations (\n\t{columns}, \n\tPRIMARY KEY (id)\n)"],
            "Plan": ["CREATE TABLE conversations (\n    id VARCHAR PRIMARY KEY, user_id VARCHAR, user_query TEXT NOT NULL, status VARCHAR DEFAULT 'active',\n"
                "    created_at DATETIME DEFAULT CURRENT_TIMESTAMP, completed_at DATETIME, agent_responses TEXT DEFAULT '[]', -- JSON array\n"
                "    conversation_metadata TEXT DEFAULT '{}', total_cost FLOAT DEFAULT 0.0, error_message TEXT)",
                "CREATE INDEX idx_created ON conversations (created_at)", "CREATE INDEX \"idx; user's\" ON conversations (user_id, status DESC) WHERE user_id IS NOT NULL"],
            "Untyped": ["CREATE TABLE conversations (" + ", ".join(names) + ")"],
            "WithoutRowId": [f"CREATE TABLE conversations ({columns}, PRIMARY KEY (id)) WITHOUT ROWID"],
        }

        class B(bytes): pass

        def bind(value, codec):
            if isinstance(value, str): return "CAST(? AS TEXT)", value.encode(codec, "surrogatepass")
            if isinstance(value, B): return "CAST(? AS TEXT)", bytes(value) if codec == "utf-8" else (value.decode("latin-1") + "\ud83d!").encode(codec, "surrogatepass")
            return "?", value

        def insert(connection, codec, cells, rowid=None):
            bound = [bind(cells.get(name), codec) for name in names]
            into, values, arguments = names, [sql for sql, _ in bound], [value for _, value in bound]
            if rowid is not None: into, values, arguments = ["rowid", *names], ["?", *values], [rowid, *arguments]
            connection.execute(f"INSERT INTO conversations ({', '.join(into)}) VALUES ({', '.join(values)})", arguments)

        def create(path, shape, encoding, journal):
            connection = sqlite3.connect(path, isolation_level=None)
            connection.execute(f"PRAGMA encoding = '{encoding}'")
            connection.execute(f"PRAGMA journal_mode = {journal}")
            for statement in shapes[shape]: connection.execute(statement)
            return connection, {"UTF-8": "utf-8", "UTF-16le": "utf-16-le", "UTF-16be": "utf-16-be"}[encoding]
        """;

    private const string CreateScript = Library + "\n" + """
        path, shape, encoding, journal = sys.argv[1:]
        connection, codec = create(path, shape, encoding, journal)
        time, count = "2025-06-18 18:50:05", 0
        def add(rowid=None, **cells):
            global count
            count += 1
            full = dict(id=f"h-{count:03}", user_id="user", user_query="How do I sell more?", status="completed", created_at=time + ".000001",
                completed_at=time, agent_responses='[{"agent": "sarah", "response": "Hi"}]', conversation_metadata='{"context": {}}', total_cost=0.0)
            insert(connection, codec, {**full, **cells}, rowid if shape != "WithoutRowId" else None)

        connection.execute("BEGIN")
        add()
        # Times: forms whose instant is certain, in either column.
        for text in [time, time + ".123456", time + ".000000", time + ".1", time + ".123", "2025-06-18T18:50:05", "2025-06-18T18:50:05.123456", "2025-06-18T18:50:05Z",
                "2025-06-18T18:50:05.123Z", "2025-06-18T18:50:05.123456Z", time + "+05:30", time + ".5-0800", "2025-06-18T18:50:05.123456+00:00", time + ".1234567",
                "2025-12-31 23:59:59.999999999", time + ".0000001Z", "0001-01-01 00:00:00.000000", "9999-12-31 23:59:59.999999", "1969-12-31 23:59:59.5"]:
            add(created_at=text)
            add(completed_at=text)
        # Numbers for times: seconds, milliseconds, microseconds, Julian days, and what is none of them.
        for value in [0, 1750272605, 1750272605123, 1750272605123456, 2460845.28478, 1750272605.5, -1, 20250618, 42, 9223372036854775807]:
            add(created_at=value)
            add(completed_at=value)
        # What looks like a number becomes one in a column of numbers, and stays what it is where columns have no type.
        for text in ["2025", "20250618", "2025.5", "1e3", " 12 ", "0x10", "9223372036854775808", "1e400", "-0", "+5", "1_000", "12."]:
            add(created_at=text, total_cost=text)
        # No time at all.
        for text in ["", " ", "now", "infinity", "-infinity", "2025-02-30 10:00:00.000000", "2025-06-18 24:00:00.000000", "2025-06-18 18:50:60.000000",
                "10000-01-01 00:00:00.000000", "20250618T185005", "2025-06-18", "18/06/2025", "2025-06-18 18:50:05 UTC", "2025-06-18 18:50:05+99:00", "\0", B(b"2025-06-18 18:50:05\xff")]:
            add(created_at=text)
            add(completed_at=text)
        add(created_at=b"2025-06-18 18:50:05.000001", completed_at=b"\x00\x01")
        add(created_at=None, completed_at=None)
        # Keys.
        if shape in ("Plan", "Untyped"):
            for _ in range(3): add(id=None)
        add(id=b"01")
        add(id="01")
        add(id=b"h-alone")
        add(id=b"\x00\xff\x10\xfe")
        add(id="")
        add(id="key\0nul")
        add(id=B(b"caf\xe9"))
        add(id="k-" + "".join(random.Random(7).choice("0123456789abcdef") for _ in range(8000)))
        if shape == "Untyped":
            for value in [7, 7.5, "7", -1]: add(id=value)
        for key in ["b", "\u00e9", "A", "a-b", "z", "_", "ab", "B", "a", "a ", "\U0001f41d", "\uffff"]: add(id=key)
        # Text: NUL, what is not UTF-8, BLOBs, numbers, length.
        add(user_query="before\0after", error_message="\0first", user_id="last\0")
        add(user_query="\0", agent_responses="\0\0\0")
        add(user_query=B(b"caf\xe9"), error_message=B(b"\x93quoted\x94"))
        add(agent_responses=B(b'["\xed\xa0\xbd\xed\xba\x80"]'), user_id=B(b"user\xc0\xaf"), user_query=B(b"cut \xe2\x82"))
        add(error_message=B(b"nul \0 and \xff"), conversation_metadata=B(b"\xf4\x90\x80\x80"))
        add(user_query="lone \ud83d surrogate", error_message="\udc00\ud800")
        add(user_query="\ufeffmark", error_message="\ufeff", user_id="\ufffe\uffff\U0010ffff")
        add(agent_responses=b"[]", user_id=b"\x00\xff\x10\xfe", error_message=b"", user_query=b"blob query")
        add(user_query=b"\xff\xfe")
        add(user_query=b"", conversation_metadata=bytes(range(256)))
        add(user_query=42, user_id=-7, agent_responses=1.5, conversation_metadata=9223372036854775807, error_message=1e300)
        add(user_query=0.1 + 0.2, user_id=5e-324, error_message=1e15, agent_responses=-9223372036854775808, conversation_metadata=1.7976931348623157e308)
        add(user_id=float("inf"), error_message=float("-inf"), agent_responses=123456789012345680.0)
        add(user_id="", error_message="", agent_responses="", conversation_metadata="", status="")
        add(user_id=None, error_message=None, agent_responses=None, conversation_metadata=None, status=None, total_cost=None)
        add(status="completed".ljust(300, "!"), user_id="u" * 255 + "   ")
        add(user_id="".join(random.Random(8).choice("0123456789abcdef") for _ in range(6000)))
        add(user_query="q" * 300000, agent_responses=bytes(200000))
        # JSON as the application's may be.
        for text in [r'[{"response": "a\u0000b"}]', r'["\ud83d"]', '{"score": NaN, "high": Infinity}', '{"a": 1, "a": 2}', '{ "n":[1.0, 1e400, -0],\n\t"x" : 1 }', '[{"agent": "sarah", "respon']:
            add(agent_responses=text)
        # The cost.
        for value in ["free", "12.50", "", b"12.5", b"", b"\x00\xff", 5, -3, (1 << 53) + 1, -9223372036854775808, 9223372036854775807, -0.0, 0.1 + 0.2, 5e-324, 1.7976931348623157e308, float("inf"), float("-inf"), float("nan")]:
            add(total_cost=value)
        # No query where the table allows it.
        if shape == "Untyped": add(user_query=None)
        # Gaps between rowids, one below zero, and large ones.
        add(rowid=-5)
        add(rowid=1 << 40)
        add(rowid=(1 << 62) + 1)
        connection.execute("COMMIT")
        connection.execute("DELETE FROM conversations WHERE id IN ('h-003', 'h-004')")
        print("ready")
        print(connection.execute("SELECT count(*) FROM conversations").fetchone()[0])
        connection.close()
        """;

    private const string RowsScript = Library + "\n" + """
        path, shape, encoding = sys.argv[1:]
        connection, codec = create(path, shape, encoding, "delete")
        kinds = {"n": lambda value: None, "i": int, "r": lambda value: struct.unpack(">d", bytes.fromhex(value))[0], "t": lambda value: B(bytes.fromhex(value)), "b": bytes.fromhex}
        print("ready")
        for line in sys.stdin:
            rowid, *cells = line.rstrip("\n").split("|")
            insert(connection, codec, {name: kinds[cell[0]](cell[1:]) for name, cell in zip(names, cells)}, int(rowid) if rowid else None)
        connection.close()
        """;

    private const string DumpScript = """
        import hashlib, struct
        names = "id user_id user_query status created_at completed_at agent_responses conversation_metadata total_cost error_message".split()
        connection = sqlite3.connect(sys.argv[1])
        def show(kind, value):
            if kind == "null": return "null"
            if kind == "real": return "real:" + struct.pack(">d", value).hex()
            if kind == "integer": return f"integer:{value}"
            return kind + ":" + (value.hex() if len(value) <= 100 else f"{len(value)} bytes {hashlib.sha256(value).hexdigest()}")
        cells = ", ".join(f"typeof({name}), CASE typeof({name}) WHEN 'text' THEN CAST({name} AS BLOB) ELSE {name} END" for name in names)
        without = connection.execute("SELECT wr FROM pragma_table_list('conversations')").fetchone()[0]
        print("ready")
        print(connection.execute("PRAGMA encoding").fetchone()[0])
        rows = connection.execute(f"SELECT {'NULL' if without else 'rowid'}, {cells} FROM conversations ORDER BY 1, 2, 3")
        for row in rows:
            print("|".join([str(row[0]), *(name + "=" + show(row[i * 2 + 1], row[i * 2 + 2]) for i, name in enumerate(names))]))
        """;

    private const string SchemaScript = """
        connection = sqlite3.connect(sys.argv[1])
        print("ready")
        for row in connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"): print(row)
        print(*connection.execute("PRAGMA integrity_check").fetchall())
        """;

    /// <summary>Makes the file.</summary>
    /// <param name="path">Where.</param>
    /// <param name="shape">The table's shape.</param>
    /// <param name="encoding">UTF-8, UTF-16le or UTF-16be, as <c>PRAGMA encoding</c> has it.</param>
    /// <param name="journalMode">delete or wal.</param>
    /// <returns>The rows in it: more than a hundred.</returns>
    public static int Create(string path, HazardShape shape = HazardShape.Plan, string encoding = "UTF-8", string journalMode = "delete")
    {
        using var python = RunningPython.Start(CreateScript, path, $"{shape}", encoding, journalMode);
        return int.Parse(python.ReadLine(), System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Makes a file of given rows.</summary>
    /// <param name="path">Where.</param>
    /// <param name="shape">The table's shape.</param>
    /// <param name="rows">
    ///   A line each: the rowid, or nothing for SQLite's choice, and ten cells, separated by <c>|</c>: <c>n</c> for NULL, <c>i</c> and an
    ///   integer, or <c>r</c>, <c>t</c>, <c>b</c> and the hexadecimal bytes of a big-endian real, a text, a BLOB.
    /// </param>
    /// <param name="encoding">UTF-8, UTF-16le or UTF-16be.</param>
    public static void Create(string path, HazardShape shape, IEnumerable<string> rows, string encoding = "UTF-8")
    {
        using var python = RunningPython.Start(RowsScript, path, $"{shape}", encoding);
        foreach (var row in rows) python.Send(row);
        python.Finish();
    }

    /// <summary>
    ///   The encoding, then a line for each row in the order of the rowids (of the keys where the table has none): the rowid, and of each cell
    ///   the storage class and the bytes as the file has them.
    /// </summary>
    public static IReadOnlyList<string> ReadCells(string path) => Run(DumpScript, path);

    /// <summary>The statements that made the table and its indexes, and what an integrity check says.</summary>
    public static IReadOnlyList<string> ReadSchema(string path) => Run(SchemaScript, path);

    private static IReadOnlyList<string> Run(string script, string path)
    {
        using var python = RunningPython.Start(script, path);
        return python.Finish();
    }
}
