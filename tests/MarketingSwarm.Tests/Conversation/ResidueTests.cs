using System.Globalization;
using System.Management.Automation;
using static MarketingSwarm.Tests.Conversation.Sources;

namespace MarketingSwarm.Tests.Conversation;

/// <summary>What PostgreSQL cannot store as it is goes through the pipe into the residue, and every cell is accounted for.</summary>
public sealed class ResidueTests(PostgresServer postgres) : IDisposable
{
    private const string Import = "Export-SwarmConversation $source | Import-SwarmConversation $url";
    private const string Schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = 'swarm_migration'";

    // rowid|column|storage class|bytes|key, as Python's sqlite3 finds them.
    private const string ReadCells = """
        import struct
        print('ready')
        connection = sqlite3.connect(sys.argv[1])
        names = [row[1] for row in connection.execute('PRAGMA table_info(conversations)')]
        for name in names:
            for rowid, kind, value, raw, key in connection.execute(
                    f'SELECT rowid, typeof({name}), CASE WHEN typeof({name}) IN (\'integer\', \'real\') THEN {name} END, CAST({name} AS BLOB), hex(CAST(id AS BLOB)) FROM conversations'):
                data = b'' if kind == 'null' else struct.pack('>q', value) if kind == 'integer' else struct.pack('>d', value) if kind == 'real' else raw
                print(f'{rowid}|{name}|{kind}|{data.hex()}|{key.lower()}')
        """;

    private const string ReadResidue =
        "SELECT source_rowid || '|' || column_name || '|' || lower(storage_class) || '|' || coalesce(encode(original, 'hex'), '') FROM swarm_migration.residue";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task EveryCellOfEveryHazardIsInTheTableOrInTheResidue()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(PostgresTable);
        var source = CreateHazards();

        var preview = PowerShellSession.Run(Import + " -WhatIf", ("source", source), ("url", database.Url)).EnsureSuccess();
        Assert.Equal("0", database.Psql(Schemas));
        var result = PowerShellSession.Run(Import, ("source", source), ("url", database.Url)).EnsureSuccess();

        var cells = ReadSource(source);
        var residue = database.Psql(ReadResidue).Split('\n').ToHashSet(StringComparer.Ordinal);
        // What the residue has are cells of the source, byte for byte.
        Assert.Subset(cells.Select(cell => string.Join('|', cell[..4])).ToHashSet(StringComparer.Ordinal), residue);
        // And what it has not is in the table as it was.
        Assert.Equal(
            cells.Where(cell => !residue.Contains(string.Join('|', cell[..4]))).Select(cell => $"{cell[4]}|{cell[1]}|{cell[2]}|{cell[3]}").Order(StringComparer.Ordinal),
            ReadTable(database).Order(StringComparer.Ordinal));

        var summary = Assert.Single(result.Output);
        Assert.Equal((long)cells.Count / 10, Count(summary, "Read"));
        Assert.Equal(Count(summary, "Read"), Count(summary, "Loaded") + Count(summary, "Skipped") + Count(summary, "Quarantined"));
        Assert.Equal(
            string.Create(CultureInfo.InvariantCulture, $"{Count(summary, "Loaded")}|{Count(summary, "Quarantined")}|{Count(summary, "CellsConverted")}|{Count(summary, "CellsQuarantined")}"),
            database.Psql(
                """
                SELECT (SELECT count(*) FROM conversations), count(DISTINCT source_rowid) FILTER (WHERE outcome = 'RowQuarantined'),
                    count(*) FILTER (WHERE outcome = 'Converted'), count(*) FILTER (WHERE outcome = 'Quarantined')
                FROM swarm_migration.residue
                """));
        Assert.All(["Quarantined", "CellsConverted", "CellsQuarantined"], name => Assert.NotEqual(0L, Count(summary, name)));
        Assert.Equal(2, summary.Properties["ExitCode"].Value);
        Assert.Contains("-Residue", Assert.Single(result.Warnings).Message, StringComparison.Ordinal);
        Assert.Equal(
            string.Create(CultureInfo.InvariantCulture, $"Import|Completed|pipeline|{Count(summary, "Read")}|{Count(summary, "Loaded")}|0|{Count(summary, "Quarantined")}|t"),
            database.Psql("SELECT kind, state, source, rows_read, rows_loaded, rows_skipped, rows_quarantined, ended_at IS NOT NULL FROM swarm_migration.run"));
        foreach (var name in (string[])["Read", "Loaded", "Skipped", "Quarantined", "CellsConverted", "CellsQuarantined"])
            Assert.Equal(Count(summary, name), Count(Assert.Single(preview.Output), name));
        Assert.Equal(2, preview.Output[0].Properties["ExitCode"].Value);
    }

    [Theory]
    [InlineData("Skip")]
    [InlineData("Update")]
    public async Task ARowThatIsSkippedLeavesNoResidue(string onConflict)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(PostgresTable);
        var source = CreateSqlite(_folder.File("app.db"), rows: 4);
        Sqlite3.Run(source, "UPDATE conversations SET created_at = '2025-06-18T18:50:05Z', error_message = 'a' || char(0) WHERE id IN ('c-1', 'c-2')");
        // c-1 is there as a load would leave it.
        await database.PsqlAsync("INSERT INTO conversations (id, user_query, status, created_at, total_cost) VALUES ('c-1', '0000000000', 'active', '2025-06-18 18:50:05', 0.125)");
        var script = $"{Import} -OnConflict {onConflict}";

        var preview = Assert.Single(PowerShellSession.Run(script + " -WhatIf", ("source", source), ("url", database.Url)).EnsureSuccess().Output);
        var summary = Assert.Single(PowerShellSession.Run(script, ("source", source), ("url", database.Url)).EnsureSuccess().Output);

        foreach (var counted in (PSObject[])[preview, summary])
        {
            Assert.Equal(
                (4L, 3L, 1L, 0L, 1L, 1L),
                (Count(counted, "Read"), Count(counted, "Loaded"), Count(counted, "Skipped"), Count(counted, "Quarantined"), Count(counted, "CellsConverted"), Count(counted, "CellsQuarantined")));
        }

        Assert.Equal("c-2|created_at\nc-2|error_message", database.Psql("SELECT id, column_name FROM swarm_migration.residue ORDER BY column_name"));
        Assert.Equal("4|3|1", database.Psql("SELECT rows_read, rows_loaded, rows_skipped FROM swarm_migration.run"));

        // All of them are skipped now: no second run.
        var again = Assert.Single(PowerShellSession.Run(script, ("source", source), ("url", database.Url)).EnsureSuccess().Output);
        Assert.Equal((4L, 0L, 0, "1"), (Count(again, "Skipped"), Count(again, "CellsQuarantined"), (int)again.Properties["ExitCode"].Value, database.Psql("SELECT count(*) FROM swarm_migration.run")));

        // Nor a schema, where there was none.
        await database.PsqlAsync("DROP SCHEMA swarm_migration CASCADE");
        Assert.Equal(4L, Count(Assert.Single(PowerShellSession.Run(script, ("source", source), ("url", database.Url)).EnsureSuccess().Output), "Skipped"));
        Assert.Equal("0", database.Psql(Schemas));
    }

    [Fact]
    public async Task AnImportThatFailsLeavesNeitherRowsNorASchemaNorDoesOneWithoutResidue()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(PostgresTable);
        var source = CreateSqlite(_folder.File("app.db"), rows: 40, size: 1 << 20);
        // The residue of the first chunk has been sent when the last row turns out to be there already.
        Sqlite3.Run(source, "UPDATE conversations SET created_at = 'never' WHERE id IN ('c-3', 'c-39')");
        await database.PsqlAsync("INSERT INTO conversations (id, user_query) VALUES ('c-40', 'q')");

        var duplicate = PowerShellSession.Run(Import, ("source", source), ("url", database.Url)).SingleError;
        await database.PsqlAsync("DELETE FROM conversations");
        var refused = PowerShellSession.Run(Import + " -OnUnrepresentable Fail", ("source", source), ("url", database.Url)).SingleError;

        Assert.StartsWith("DuplicateId,", duplicate.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("Row c-40:", duplicate.Exception.Message, StringComparison.Ordinal);
        Assert.StartsWith("CellNotRepresentable,", refused.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("Row c-3: created_at", refused.Exception.Message, StringComparison.Ordinal);
        Assert.Equal("0|0", database.Psql($"SELECT (SELECT count(*) FROM conversations), ({Schemas})"));

        Sqlite3.Run(source, "UPDATE conversations SET created_at = NULL");
        var clean = Assert.Single(PowerShellSession.Run(Import, ("source", source), ("url", database.Url)).EnsureSuccess().Output);
        Assert.Equal((40L, 0), (Count(clean, "Loaded"), (int)clean.Properties["ExitCode"].Value));
        Assert.Equal("0", database.Psql(Schemas));
    }

    [Fact]
    public async Task AConversionIsNoReasonToFail()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(PostgresTable);
        var source = CreateSqlite(_folder.File("app.db"), rows: 2);
        Sqlite3.Run(source, "UPDATE conversations SET created_at = '2025-06-18T18:50:05+02:00' WHERE id = 'c-2'");

        var result = PowerShellSession.Run(Import + " -OnUnrepresentable Fail", ("source", source), ("url", database.Url)).EnsureSuccess();

        Assert.Empty(result.Warnings);
        Assert.Equal((1L, 0), (Count(result.Output[0], "CellsConverted"), (int)result.Output[0].Properties["ExitCode"].Value));
        Assert.Equal("2025-06-18 16:50:05", database.Psql("SELECT created_at FROM conversations WHERE id = 'c-2'"));
        Assert.Equal(
            "c-2|Converted|TimestampOffset|2025-06-18T18:50:05+02:00",
            database.Psql("SELECT id, outcome, rule, convert_from(original, 'UTF8') FROM swarm_migration.residue"));
    }

    [Fact]
    public async Task AUserWhoMayNotMakeTheSchemaIsToldWhatIsNeeded()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        var user = "loader_" + Guid.NewGuid().ToString("N")[..8];
        await database.PsqlAsync($"{PostgresTable} CREATE ROLE {user} LOGIN PASSWORD 'p'; GRANT SELECT, INSERT ON conversations TO {user}");
        try
        {
            var source = CreateSqlite(_folder.File("app.db"), rows: 3);
            var url = database.GetUrl(user, "p");
            Assert.Equal(3L, Count(Assert.Single(PowerShellSession.Run(Import, ("source", source), ("url", url)).EnsureSuccess().Output), "Loaded"));
            await database.PsqlAsync("DELETE FROM conversations");
            Sqlite3.Run(source, "UPDATE conversations SET created_at = 'never' WHERE id = 'c-2'");

            var error = PowerShellSession.Run(Import, ("source", source), ("url", url)).SingleError;

            Assert.StartsWith("ResidueNotAllowed,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
            Assert.Contains($"GRANT CREATE ON DATABASE \"{database.Name}\" TO \"{user}\"", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
            Assert.Equal("0|0", database.Psql($"SELECT (SELECT count(*) FROM conversations), ({Schemas})"));

            await database.PsqlAsync($"GRANT CREATE ON DATABASE \"{database.Name}\" TO {user}");
            Assert.Equal(1L, Count(Assert.Single(PowerShellSession.Run(Import, ("source", source), ("url", url)).EnsureSuccess().Output), "CellsQuarantined"));
        }
        finally
        {
            await database.PsqlAsync($"DROP OWNED BY {user}; DROP ROLE {user}");
        }
    }

    private string CreateHazards()
    {
        var source = _folder.File("app.db");
        PowerShellSession.Run("$null = New-SwarmSampleDatabase $source -Count 20 -Shape Plan -Hazard All", ("source", source)).EnsureSuccess();
        return source;
    }

    private static List<string[]> ReadSource(string source)
    {
        using var python = RunningPython.Start(ReadCells, source);
        return [.. python.Finish().Select(line => line.Split('|'))];
    }

    // key|column|storage class|bytes of the cells that the residue does not have, as SQLite would hold them.
    private static string[] ReadTable(TestDatabase database)
    {
        var texts = string.Join(" UNION ALL ", new[] { "id", "user_id", "user_query", "status", "agent_responses", "conversation_metadata", "error_message" }
            .Select(name => $"SELECT id, '{name}', 'text', encode(convert_to({name}, 'UTF8'), 'hex') FROM conversations"));
        return database.Psql(
            $"""
            SELECT encode(convert_to(id, 'UTF8'), 'hex') || '|' || name || '|' || CASE WHEN bytes IS NULL THEN 'null|' ELSE kind || '|' || bytes END
            FROM ({texts}
                UNION ALL SELECT id, 'created_at', 'text', encode(convert_to(to_char(created_at, 'YYYY-MM-DD HH24:MI:SS.US'), 'UTF8'), 'hex') FROM conversations
                UNION ALL SELECT id, 'completed_at', 'text', encode(convert_to(replace(to_char(completed_at, 'YYYY-MM-DD HH24:MI:SS.US'), '.000000', ''), 'UTF8'), 'hex') FROM conversations
                UNION ALL SELECT id, 'total_cost', 'real', encode(float8send(total_cost), 'hex') FROM conversations) AS cells (id, name, kind, bytes)
            WHERE NOT EXISTS (SELECT FROM swarm_migration.residue r WHERE r.id = cells.id COLLATE "C" AND r.column_name = cells.name)
            """).Split('\n');
    }

    private static long Count(PSObject summary, string name) => (long)summary.Properties[name].Value;
}
