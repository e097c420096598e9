namespace MarketingSwarm.Engine.Tests.Samples;

/// <summary>Reads samples with Python, as the application would; no code of the module is used.</summary>
internal static class SampleOracle
{
    // What every script may use.
    private const string Prelude = """
        import hashlib, html, json, re, sqlite3, struct, sys, uuid
        from datetime import datetime, timedelta, timezone
        connection = sqlite3.connect(sys.argv[1])
        columns = ["id", "user_id", "user_query", "status", "created_at", "completed_at", "agent_responses", "conversation_metadata", "total_cost", "error_message"]
        def rows():
            connection.row_factory = sqlite3.Row
            return connection.execute("SELECT * FROM conversations ORDER BY rowid").fetchall()
        def digest(limit=-1):
            listed = ", ".join(f"typeof({column}), CASE typeof({column}) WHEN 'real' THEN {column} ELSE CAST({column} AS BLOB) END" for column in columns)
            digest = hashlib.sha256()
            for row in connection.execute(f"SELECT {listed} FROM conversations ORDER BY rowid LIMIT {limit}"):
                for cell in row:
                    data = b"" if cell is None else struct.pack(">d", cell) if isinstance(cell, float) else cell.encode() if isinstance(cell, str) else cell
                    digest.update(len(data).to_bytes(8, "big") + data)
            return digest.hexdigest()

        """;

    private static readonly Lazy<string?> Interpreter = new(() => Python.Candidates.FirstOrDefault(python => Python.CanImport(python, "sqlite3, json")));

    /// <summary>Runs a script on a sample; an assertion that fails in it fails the test.</summary>
    internal static string Run(string path, string script)
    {
        Assert.SkipWhen(Interpreter.Value is null, "No python3 with its sqlite3 module was found.");
        var result = Programs.Run(Interpreter.Value!, ["-c", Prelude + script, path]);
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Output.Trim();
    }

    /// <summary>The SHA-256 of all cells, or those of the first rows: storage classes and bytes.</summary>
    internal static string Digest(string path, int limit = -1) => Run(path, FormattableString.Invariant($"print(digest({limit}))"));
}
