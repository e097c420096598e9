namespace MarketingSwarm.Testing;

/// <summary>SQLite by other hands than the module's: python3's sqlite3, else the sqlite3 program. Neither: the test is skipped.</summary>
public static class Sqlite3
{
    private const string Script = """
        import sqlite3, sys
        connection = sqlite3.connect(sys.argv[1], isolation_level=None)
        connection.text_factory = bytes
        def show(value):
            if value is None: return b""
            return value if isinstance(value, bytes) else repr(value).encode()
        statement = ""
        for part in sys.stdin.buffer.read().decode().split(";"):
            statement += part + ";"
            if not sqlite3.complete_statement(statement): continue
            for row in connection.execute(statement):
                sys.stdout.buffer.write(b"|".join(show(value) for value in row) + b"\n")
            statement = ""
        """;

    private static readonly Lazy<(string Program, bool IsPython)?> Oracle = new(FindOracle);

    /// <summary>
    ///   Executes the statements, each in its own transaction unless they say BEGIN, and returns the rows: cells joined by <c>|</c>,
    ///   NULL as nothing. Ask for <c>quote(column)</c> where the storage class, a line break or every digit matters.
    /// </summary>
    public static IReadOnlyList<string> Run(string path, string sql)
    {
        Assert.SkipWhen(Oracle.Value is null, "Neither python3 with its sqlite3 module nor the sqlite3 program was found.");
        var (program, isPython) = Oracle.Value!.Value;
        string[] arguments = isPython ? ["-c", Script, path] : ["-batch", "-bail", "-list", path];
        var result = Programs.Run(program, arguments, sql);
        Assert.True(result.ExitCode == 0, $"SQLite refused: {result.Error}");
        return result.Lines;
    }

    private static (string, bool)? FindOracle()
    {
        foreach (var python in Python.Candidates)
        {
            if (Python.CanImport(python, "sqlite3")) return (python, true);
        }

        return Programs.Find("sqlite3") is { } program ? (program, false) : null;
    }
}
