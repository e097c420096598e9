using System.Diagnostics;
using System.Globalization;

namespace MarketingSwarm.Tests.Migration;

/// <summary>Sources of several chunks, migrations as processes, and what they must leave behind, judged by other hands than the module's.</summary>
internal static class Loads
{
    /// <summary>The application's table in PostgreSQL, with a column that the migration does not fill.</summary>
    internal const string PostgresTable = """
        CREATE TABLE conversations (
            id varchar NOT NULL, user_id varchar, user_query text NOT NULL, status varchar, created_at timestamp, completed_at timestamp,
            agent_responses text, conversation_metadata text, total_cost double precision, error_message text, PRIMARY KEY (id));
        """;

    /// <summary>The sessions of a migration.</summary>
    internal const string Sessions = "FROM pg_stat_activity WHERE application_name LIKE 'MarketingSwarm%' AND datname = current_database()";

    // Most rows as the application writes them, and among them some whose cells are converted, so that there is residue to keep in step.
    private const string CreateScript = """
        import random, hashlib
        path, rows, size, journal = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute(f"PRAGMA journal_mode = {journal}")
        connection.execute("CREATE TABLE conversations (id VARCHAR NOT NULL, user_id VARCHAR, user_query TEXT NOT NULL, status VARCHAR, created_at DATETIME, "
            "completed_at DATETIME, agent_responses TEXT, conversation_metadata TEXT, total_cost FLOAT, error_message TEXT, PRIMARY KEY (id))")
        random.seed(5)
        block = "".join(hashlib.sha256(b"%d" % i).hexdigest() for i in range(size // 64 + 256))
        def row(i):
            start = random.randrange(256 * 64)
            return ("%032x" % random.getrandbits(128), b"user" if i % 50 == 0 else "user", "How do I sell \u00e9 more?", "completed", "2025-06-18 18:50:05.%06d" % (i % 1000000),
                "2025-06-18T18:50:05.123Z" if i % 40 == 0 else "2025-06-18 18:50:05", '["' + block[start:start + size] + '"]', '{"context": {}}', i / 8.0, None)
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO conversations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (row(i) for i in range(rows)))
        connection.execute("COMMIT")
        connection.close()
        print("ready")
        """;

    // Reads the source, and the target's tables as psql gave them; says what is wrong, a line each.
    private const string JudgeScript = """
        import csv, hashlib, struct, datetime, itertools
        csv.field_size_limit(1 << 30)
        source, folder = sys.argv[1:3]
        print("ready")
        def read(name): return csv.reader(open(folder + "/" + name, encoding="utf-8", newline=""))
        def time(value):
            if value is None: return "\\N"
            return datetime.datetime.fromisoformat(value.replace("Z", "")).strftime("%Y-%m-%d %H:%M:%S.%f")
        def text(value): return "\\N" if value is None else value.decode() if isinstance(value, bytes) else str(value)
        def digest(cells): return hashlib.sha256("\0".join(cells).encode()).digest()
        connection = sqlite3.connect(source)
        expected = {}
        for row in connection.execute("SELECT id, user_id, user_query, status, created_at, completed_at, agent_responses, conversation_metadata, total_cost, error_message FROM conversations"):
            cells = [text(value) for value in row]
            cells[4], cells[5] = time(row[4]), time(row[5])
            cells[8] = "\\N" if row[8] is None else float(row[8]).hex()
            expected[cells[0]] = digest(cells)
        found = 0
        for row in read("rows.csv"):
            found += 1
            if row[8] != "\\N": row[8] = float(row[8]).hex()
            if row[0] not in expected: print("extra", row[0])
            elif expected.pop(row[0]) != digest(row): print("changed", row[0])
        for key in itertools.islice(expected, 5): print("missing", key)

        heads, withdrawn, loaded, chunks = {}, set(), {}, 0
        def sized(value): return struct.pack(">i", -1) if value is None else struct.pack(">i", len(value)) + value
        def binary(value): return None if value == "\\N" else bytes.fromhex(value)
        for row in read("chunks.csv"):
            chunks += 1
            run, chunk, lane, withdraws = bytes.fromhex(row[0]), int(row[1]), int(row[2]), -1 if row[3] == "\\N" else int(row[3])
            previous, own, after, last = (binary(value) for value in row[4:8])
            counts = [int(value) for value in row[8:15]]
            body = previous + run + struct.pack(">iii", chunk, lane, withdraws) + sized(after) + sized(last) + struct.pack(">7q", *counts)
            body += bytes.fromhex(row[15]) + hashlib.sha256(bytes.fromhex(row[16])).digest() + hashlib.sha256(binary(row[17]) or b"").digest()
            if previous != heads.get(lane, bytes(32)): print("ledger: chunk", chunk, "does not follow the one before it")
            if hashlib.sha256(body).digest() != own: print("ledger: chunk", chunk, "has another hash")
            if int(row[18]) != (0 if withdraws >= 0 else counts[1]) and chunk not in withdrawn: print("ledger: chunk", chunk, "has", row[18], "rows in the table and says", counts[1])
            heads[lane] = own
            if withdraws >= 0: withdrawn.add(withdraws)
            else: loaded[chunk] = counts[1]
        head = hashlib.sha256(b"".join(heads[lane] for lane in sorted(heads))).hexdigest()
        for row in read("run.csv"):
            if row[0] != "Completed": print("run:", row[0])
            if row[1] != head: print("run: another head")
            if int(row[2]) != sum(count for chunk, count in loaded.items() if chunk not in withdrawn): print("run: rows_loaded", row[2])
        if sum(count for chunk, count in loaded.items() if chunk not in withdrawn) != found: print("rows in the ledger are not those in the table:", found)
        print("judged", found, chunks, len(withdrawn))
        """;

    /// <summary>Makes a SQLite file of so many rows with about so many bytes each.</summary>
    internal static string CreateSource(string path, int rows, int size, string journalMode = "delete")
    {
        using var python = RunningPython.Start(CreateScript, path, rows.ToString(CultureInfo.InvariantCulture), size.ToString(CultureInfo.InvariantCulture), journalMode);
        python.Finish();
        return path;
    }

    /// <summary>What a user types, in a process of its own.</summary>
    internal static string GetCommand(string source, string target, string more = "")
        => $"$ErrorActionPreference = 'Stop'; $r = Invoke-SwarmMigration '{source}' '{target}' {more}; 'resumed {{0}} retries {{1}} proven {{2}} consistent {{3}} of {{4}}' -f $r.RowsResumed, $r.Retries, $r.IsProven, $r.IsConsistent, $r.Read; exit $r.ExitCode";

    /// <summary>
    ///   Everything that a migration must have left behind: the source's rows and no others, an intact ledger that says so, nothing of its own
    ///   but its record, the published table whole, and no session.
    /// </summary>
    /// <param name="source">The file.</param>
    /// <param name="psql">Executes statements in the target.</param>
    /// <param name="folder">Room for the target's contents.</param>
    /// <param name="mine">Which of the table's rows are the migration's, as a condition.</param>
    /// <param name="isNewTable">Whether the migration made the table.</param>
    /// <returns>How many entries the ledger has, and how many chunks were withdrawn.</returns>
    internal static async Task<(int Chunks, int Withdrawn)> JudgeAsync(string source, Func<string, Task<string>> psql, string folder, string mine = "true", bool isNewTable = true)
    {
        await WriteAsync("rows.csv", $"""
            SELECT id, user_id, user_query, status, to_char(created_at, 'YYYY-MM-DD HH24:MI:SS.US'), to_char(completed_at, 'YYYY-MM-DD HH24:MI:SS.US'),
                agent_responses, conversation_metadata, total_cost, error_message FROM public.conversations WHERE {mine}
            """);
        await WriteAsync("chunks.csv", """
            SELECT replace(run_id::text, '-', ''), chunk, lane, withdraws, encode(previous_hash, 'hex'), encode(hash, 'hex'), encode(after_position, 'hex'),
                encode(last_position, 'hex'), rows_read, rows_loaded, rows_skipped, rows_quarantined, cells_converted, cells_quarantined, bytes,
                encode(source_hash, 'hex'), encode(row_keys, 'hex'), encode(row_ids, 'hex'),
                CASE WHEN EXISTS (SELECT FROM swarm_migration.chunk w WHERE w.run_id = c.run_id AND w.withdraws = c.chunk) THEN rows_loaded
                    ELSE coalesce(t.rows, 0) END
            FROM swarm_migration.chunk c LEFT JOIN (SELECT xmin::text AS x, count(*) AS rows FROM public.conversations GROUP BY xmin::text) t
                ON t.x = (c.xid::text::numeric % 4294967296)::text
            WHERE run_id = (SELECT run_id FROM swarm_migration.run ORDER BY started_at DESC LIMIT 1) ORDER BY chunk
            """);
        await WriteAsync("run.csv", "SELECT state, encode(ledger_head, 'hex'), rows_loaded FROM swarm_migration.run ORDER BY started_at DESC LIMIT 1");

        using var python = RunningPython.Start(JudgeScript, source, folder);
        var lines = python.Finish();
        var verdict = Assert.Single(lines, line => line.StartsWith("judged", StringComparison.Ordinal)).Split(' ');
        Assert.True(lines.Count == 1, string.Join('\n', lines.Take(20)));

        Assert.Equal("chunk,conflict,cutover,cutover_step,generation,late,residue,run", await psql("SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class WHERE relnamespace = 'swarm_migration'::regnamespace AND relkind = 'r'"));
        Assert.Equal("0", await psql("SELECT count(*) FROM swarm_migration.residue r WHERE NOT EXISTS (SELECT FROM swarm_migration.chunk c WHERE c.run_id = r.run_id AND c.chunk = r.chunk) "
            + "OR EXISTS (SELECT FROM swarm_migration.chunk w WHERE w.run_id = r.run_id AND w.withdraws = r.chunk)"));
        Assert.Equal("t", await psql("SELECT (SELECT count(*) FROM swarm_migration.residue r JOIN swarm_migration.run USING (run_id) WHERE state = 'Completed') = (SELECT coalesce(sum(cells_converted), 0) FROM swarm_migration.run WHERE state = 'Completed')"));
        Assert.Equal("1", await psql("SELECT count(*) FROM pg_index WHERE indrelid = 'public.conversations'::regclass AND indisprimary AND indisvalid"));
        if (isNewTable)
            Assert.NotEqual("0", await psql("SELECT count(*) FROM pg_index WHERE indrelid = 'public.conversations'::regclass AND NOT indisprimary AND indisvalid"));
        await WaitForNoSessionAsync(psql);
        return (int.Parse(verdict[2], CultureInfo.InvariantCulture), int.Parse(verdict[3], CultureInfo.InvariantCulture));

        async Task WriteAsync(string name, string query)
            => await File.WriteAllTextAsync(Path.Combine(folder, name), await psql($"COPY ({query}) TO STDOUT (FORMAT csv, NULL '\\N')"));
    }

    /// <summary>Waits until the server has noticed that no migration is connected any more.</summary>
    internal static async Task WaitForNoSessionAsync(Func<string, Task<string>> psql)
    {
        while (await psql($"SELECT count(*) {Sessions}") != "0") TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
    }
}

/// <summary>A migration in a process of its own.</summary>
internal sealed class LoadProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    /// <param name="command">What the user types.</param>
    /// <param name="environment">Environment variables of the process's own.</param>
    internal LoadProcess(string command, params IEnumerable<KeyValuePair<string, string?>> environment)
    {
        _process = Programs.Start(ShellProcess.DotNet, [ShellProcess.Program, "-Command", command], [new("NO_COLOR", "1"), .. environment]);
        _process.StandardInput.Close();
        _output = _process.StandardOutput.ReadToEndAsync();
        _error = _process.StandardError.ReadToEndAsync();
    }

    internal bool HasEnded => _process.HasExited;

    internal int Id => _process.Id;

    /// <summary>SIGKILL.</summary>
    internal void Kill() => _process.Kill();

    internal async Task<ProgramResult> WaitAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
            Assert.Fail($"The migration did not end.\n{await _output}\n{await _error}");
        }

        return new ProgramResult(_process.ExitCode, await _output, await _error);
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }
}
