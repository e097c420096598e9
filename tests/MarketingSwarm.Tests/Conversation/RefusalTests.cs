using System.Management.Automation;
using static MarketingSwarm.Tests.Conversation.Sources;

namespace MarketingSwarm.Tests.Conversation;

/// <summary>Cells that a database cannot store, where they are not to be quarantined, and rows that its constraints refuse: named, and nothing is loaded.</summary>
public sealed class RefusalTests(PostgresServer postgres) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task EachHazardIsRefusedByItsColumnOrGoesThrough()
    {
        var expected = new Dictionary<string, string>
        {
            ["NumericText"] = "created_at created_at completed_at",
            ["TimeWithoutFraction"] = "ok",
            ["IsoTime"] = "ok ok ok ok",
            ["FractionLength"] = "ok ok ok",
            ["NumericTime"] = "created_at created_at created_at created_at created_at",
            ["InvalidTime"] = "created_at created_at created_at completed_at completed_at completed_at completed_at created_at",
            ["NullKey"] = "id id",
            ["BlobKey"] = "id ok",
            ["LongKey"] = "id",
            ["NulInText"] = "user_query error_message user_id id",
            ["InvalidUtf8"] = "user_query error_message agent_responses user_id user_query",
            ["BlobInText"] = "ok user_id ok",
            ["NulInJson"] = "ok",
            ["LoneSurrogate"] = "ok",
            ["NanInJson"] = "ok",
            ["JsonSpelling"] = "ok ok",
            ["InvalidJson"] = "ok ok",
            ["EmptyText"] = "ok ok",
            ["TextCost"] = "total_cost ok",
            ["NanCost"] = "ok",
            ["InfiniteCost"] = "ok ok",
            ["NegativeZeroCost"] = "ok",
            ["LargeIntegerCost"] = "ok",
            ["ExactDouble"] = "ok ok ok",
            ["LongVarchar"] = "ok ok",
            ["KeyOrder"] = "ok ok ok ok ok ok ok ok ok",
            ["TimeTie"] = "ok ok ok",
            ["RowIdGap"] = "ok ok",
        };
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(PostgresTable);

        var result = PowerShellSession.Run(
            """
            foreach ($hazard in $hazards) {
                $null = New-SwarmSampleDatabase $path -Count 0 -Shape Plan -Hazard $hazard -Force
                $found = foreach ($row in Export-SwarmConversation $path) {
                    try { $null = $row | Import-SwarmConversation $url -OnUnrepresentable Fail; 'ok' }
                    catch {
                        $name = "$row"
                        if ($name.Length -gt 40) { $name = $name.Substring(0, 40) }
                        if (-not $_.Exception.Message.Contains($name)) { throw }
                        if ($_.Exception.Column) { $_.Exception.Column } else { $_.Exception.ErrorId }
                    }
                }
                "$found"
            }
            """,
            ("hazards", expected.Keys.ToArray()), ("path", _folder.File("app.db")), ("url", database.Url)).EnsureSuccess();

        Assert.Equal(expected.Select(pair => $"{pair.Key}: {pair.Value}"), expected.Keys.Zip(result.Output, (hazard, found) => $"{hazard}: {found}"));
        Assert.Equal(
            expected.Values.Sum(value => value.Split(' ').Count(word => word == "ok")).ToString(System.Globalization.CultureInfo.InvariantCulture),
            database.Psql("SELECT count(*) FROM conversations"));
        Assert.Equal("-Infinity,Infinity", database.Psql("SELECT string_agg(total_cost::text, ',' ORDER BY total_cost) FROM conversations WHERE abs(total_cost) = 'Infinity'"));
    }

    [Theory]
    [InlineData("total_cost", "'12.50'", "FLOAT", "TEXT '12.50'", "REAL '12.5'")]
    [InlineData("total_cost", "7", "FLOAT", "INTEGER '7'", "REAL '7'")]
    [InlineData("created_at", "'2025'", "DATETIME", "TEXT '2025'", "INTEGER '2025'")]
    [InlineData("status", "5", "VARCHAR", "INTEGER '5'", "TEXT '5'")]
    public void ASqliteColumnThatWouldChangeACellIsNamed(string column, string value, string type, string given, string kept)
    {
        // A column without a type keeps every cell as it is.
        var source = CreateSqlite(_folder.File("app.db"), rows: 0, table: SqliteTable.Replace($"{column} {type}", column, StringComparison.Ordinal));
        Sqlite3.Run(source, $"INSERT INTO conversations (id, user_query, {column}) VALUES ('good', 'q', NULL), ('bad', 'q', {value})");
        var target = CreateSqlite(_folder.File("target.db"), rows: 1);
        var before = Photograph(_folder.Path);

        foreach (var preview in (string[])["-WhatIf", ""])
        {
            var error = PowerShellSession.Run($"Export-SwarmConversation $source | Import-SwarmConversation $target {preview}", ("source", source), ("target", target)).SingleError;

            Assert.Equal($"CellWouldChange,{Command("Import-SwarmConversation")}", error.FullyQualifiedErrorId);
            Assert.Contains($"Row bad: the SQLite column {column} {type} would turn {given} into {kept}.", error.Exception.Message, StringComparison.Ordinal);
        }

        Assert.Equal(before, Photograph(_folder.Path));
    }

    [Theory]
    [InlineData("ALTER TABLE conversations ADD CONSTRAINT one CHECK (user_id IS DISTINCT FROM 'bad')", "ConstraintViolated", "\"one\"")]
    [InlineData("CREATE UNIQUE INDEX one ON conversations (user_id)", "ConstraintViolated", "\"one\"")]
    [InlineData("CREATE INDEX one ON conversations ((user_id::int))", "RowRefused", "integer: \"bad\"")]
    [InlineData("ALTER TABLE conversations ALTER COLUMN status SET NOT NULL", "CellNotRepresentable", "requires a value")]
    public async Task APostgresConstraintNamesTheRow(string constraint, string errorId, string named)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync($"{PostgresTable} INSERT INTO conversations (id, user_id, user_query, status) VALUES ('kept', 'bad', 'q', 'active'); ALTER TABLE conversations DISABLE TRIGGER USER;");
        if (!constraint.Contains("UNIQUE", StringComparison.Ordinal)) await database.PsqlAsync("UPDATE conversations SET user_id = NULL");
        await database.PsqlAsync(constraint);
        var before = Photograph(database);

        // The third row, and one beyond the first COPY statement's 16 MB.
        foreach (var (rows, size, bad) in new[] { (5, 10, 3), (40, 1 << 20, 37) })
        {
            var source = CreateSqlite(_folder.File($"{rows}.db"), rows, size);
            Sqlite3.Run(source, $"UPDATE conversations SET user_id = 'bad', status = NULL WHERE id = 'c-{bad}'");

            var result = PowerShellSession.Run("Export-SwarmConversation $source | Import-SwarmConversation $url -OnUnrepresentable Fail", ("source", source), ("url", database.Url));

            Assert.Equal($"{errorId},{Command("Import-SwarmConversation")}", result.SingleError.FullyQualifiedErrorId);
            Assert.StartsWith($"Row c-{bad}", result.SingleError.Exception.Message, StringComparison.Ordinal);
            Assert.Contains(named, result.SingleError.Exception.Message, StringComparison.Ordinal);
        }

        Assert.Equal(before, Photograph(database));
    }

    [Theory]
    [InlineData("Skip")]
    [InlineData("Update")]
    public async Task AnotherUniqueColumnIsNoKnownId(string onConflict)
    {
        const string clash = "CREATE UNIQUE INDEX one ON conversations (user_id); INSERT INTO conversations (id, user_id, user_query) VALUES ('kept', 'same', 'q');";
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(PostgresTable + clash);
        var target = CreateSqlite(_folder.File("target.db"), rows: 0);
        Sqlite3.Run(target, clash);
        var source = CreateSqlite(_folder.File("app.db"), rows: 3);
        Sqlite3.Run(source, "UPDATE conversations SET user_id = 'same' WHERE id = 'c-2'");

        foreach (var url in (string[])[target, database.Url])
        {
            var error = PowerShellSession.Run($"Export-SwarmConversation $source | Import-SwarmConversation $url -OnConflict {onConflict}", ("source", source), ("url", url)).SingleError;
            Assert.Equal($"ConstraintViolated,{Command("Import-SwarmConversation")}", error.FullyQualifiedErrorId);
        }

        Assert.Equal("1", database.Psql("SELECT count(*) FROM conversations"));
        Assert.Equal(["1"], Sqlite3.Run(target, "SELECT count(*) FROM conversations"));
    }

    [Theory]
    [InlineData("Fail", "", "CREATE TRIGGER t BEFORE INSERT ON conversations FOR EACH ROW EXECUTE FUNCTION f()")]
    [InlineData("Skip", "-WhatIf", "CREATE TRIGGER t AFTER INSERT ON conversations FOR EACH ROW EXECUTE FUNCTION f()")]
    [InlineData("Update", "", "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON conversations DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f()")]
    public async Task APostgresTableWithTriggersIsRefusedUntilTheyAreDisabled(string onConflict, string preview, string trigger)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(PostgresTable + $"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$; {trigger}");
        var source = CreateSqlite(_folder.File("app.db"), rows: 3);
        var command = $"(Export-SwarmConversation $source | Import-SwarmConversation $url -OnConflict {onConflict} {preview}).Loaded";

        var error = PowerShellSession.Run(command, ("source", source), ("url", database.Url)).SingleError;

        Assert.Equal($"TargetHasTriggers,{Command("Import-SwarmConversation")}", error.FullyQualifiedErrorId);
        Assert.Contains("has triggers (t)", error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal("0", database.Psql("SELECT count(*) FROM conversations"));
        database.Psql("ALTER TABLE conversations DISABLE TRIGGER USER");
        Assert.Equal(3L, Assert.Single(PowerShellSession.Run(command, ("source", source), ("url", database.Url)).EnsureSuccess().Output).BaseObject);
    }

    [Fact]
    public async Task ATriggerOfAPartitionIsSeenAndAPartitionedTableIsNotMerged()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(PostgresTable.Replace("PRIMARY KEY (id));", "PRIMARY KEY (id)) PARTITION BY HASH (id);", StringComparison.Ordinal) + """
            CREATE TABLE part PARTITION OF conversations FOR VALUES WITH (MODULUS 1, REMAINDER 0);
            CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$;
            """);
        var source = CreateSqlite(_folder.File("app.db"), rows: 3);
        PowerShellResult Import(string options) => PowerShellSession.Run(
            $"(Export-SwarmConversation $source | Import-SwarmConversation $url {options}).Loaded", ("source", source), ("url", database.Url));

        Assert.Equal($"PartitionedTableNotMerged,{Command("Import-SwarmConversation")}", Import("-OnConflict Skip").SingleError.FullyQualifiedErrorId);
        database.Psql("CREATE TRIGGER t BEFORE INSERT ON part FOR EACH ROW EXECUTE FUNCTION f()");
        Assert.Equal($"TargetHasTriggers,{Command("Import-SwarmConversation")}", Import("").SingleError.FullyQualifiedErrorId);
        database.Psql("DROP TRIGGER t ON part");
        Assert.Equal(3L, Assert.Single(Import("").EnsureSuccess().Output).BaseObject);
        Assert.Equal("3", database.Psql("SELECT count(*) FROM conversations"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-WhatIf")]
    public void ASqliteTableWithTriggersIsRefused(string preview)
    {
        var source = CreateSqlite(_folder.File("app.db"), rows: 5);
        var target = CreateSqlite(_folder.File("target.db"), rows: 0);
        using (var python = RunningPython.Start(
            "connection = sqlite3.connect(sys.argv[1])\nconnection.execute(sys.argv[2])\nconnection.commit()\nprint('ready')", target,
            "CREATE TRIGGER t AFTER INSERT ON conversations BEGIN UPDATE conversations SET status = 'other' WHERE id = 'c-1'; END"))
        {
            python.Finish();
        }

        var error = PowerShellSession.Run($"Export-SwarmConversation $source | Import-SwarmConversation $target {preview}", ("source", source), ("target", target)).SingleError;

        Assert.Equal($"TargetHasTriggers,{Command("Import-SwarmConversation")}", error.FullyQualifiedErrorId);
        Assert.Contains("has triggers (t)", error.Exception.Message, StringComparison.Ordinal);
        Assert.Empty(Dump.OfSqlite(target));
    }

    [Fact]
    public async Task AnUpdateSeesWhatTheColumnsCollationHoldsEqual()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync("CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);" + PostgresTable
            + "ALTER TABLE conversations ALTER COLUMN user_query TYPE text COLLATE folded; INSERT INTO conversations (id, user_query) VALUES ('a', 'abc')");

        PowerShellSession.Run("$null = [MarketingSwarm.Conversation]@{ Id = 'a'; UserQuery = 'ABC' } | Import-SwarmConversation $url -OnConflict Update", ("url", database.Url)).EnsureSuccess();

        Assert.Equal("ABC", database.Psql("SELECT user_query FROM conversations"));
    }

    [Theory]
    [InlineData("CHECK (status <> 'bad')", "status = 'bad'")]
    [InlineData("CHECK (length(user_query) > 0)", "user_query = ''")]
    public void ASqliteConstraintNamesTheRow(string constraint, string bad)
    {
        var source = CreateSqlite(_folder.File("app.db"), rows: 5);
        Sqlite3.Run(source, $"UPDATE conversations SET {bad} WHERE id = 'c-3'");
        var target = CreateSqlite(_folder.File("target.db"), rows: 0, table: SqliteTable.Replace("PRIMARY KEY (id)", $"PRIMARY KEY (id), {constraint}", StringComparison.Ordinal));

        var error = PowerShellSession.Run("Export-SwarmConversation $source | Import-SwarmConversation $target", ("source", source), ("target", target)).SingleError;

        Assert.Equal($"ConstraintViolated,{Command("Import-SwarmConversation")}", error.FullyQualifiedErrorId);
        Assert.StartsWith("Row c-3 ", error.Exception.Message, StringComparison.Ordinal);
        Assert.Empty(Dump.OfSqlite(target));
    }

    [Fact]
    public async Task ADatabaseInAnotherEncodingIsRefused()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        var name = $"swarm_ascii_{Guid.NewGuid():N}";
        await database.PsqlAsync($"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'");
        try
        {
            var url = database.Url.Replace(database.Name, name, StringComparison.Ordinal);
            var source = CreateSqlite(_folder.File("app.db"), rows: 3);

            foreach (var script in (string[])["Get-SwarmConversation $url", "Export-SwarmConversation $source | Import-SwarmConversation $url"])
            {
                var error = PowerShellSession.Run(script, ("url", url), ("source", source)).SingleError;
                Assert.StartsWith("ServerEncodingNotUtf8,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
                Assert.Contains("SQL_ASCII", error.Exception.Message, StringComparison.Ordinal);
                Assert.Equal(ErrorCategory.InvalidType, error.CategoryInfo.Category);
            }
        }
        finally
        {
            await database.PsqlAsync($"DROP DATABASE {name}");
        }
    }
}
