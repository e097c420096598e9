using MarketingSwarm.Engine.Schemas;
using static MarketingSwarm.Engine.Tests.Schemas.SchemaFixtures;

namespace MarketingSwarm.Engine.Tests.Schemas;

/// <summary>Text of one engine's table, run in the other by psql and by Python's sqlite3.</summary>
public sealed class SchemaTranslationTests(PostgresServer postgres)
{
    private const string RowsSql = """
        INSERT INTO conversations (id, user_query, status, created_at, total_cost, n, b) VALUES
            ('1', 'q', 'active', '2025-06-18 18:50:03', 0, 0, NULL), ('2', 'long query', 'Active', '2025-01-01 00:00:00', 1.5, -5, NULL),
            ('3', '', 'failed', NULL, -2, 7, NULL), ('4', 'é', NULL, '2024-12-31 23:59:59', NULL, NULL, NULL), ('5', 'q', '', '2030-01-01 00:00:00', 1e3, 12, NULL),
            ('6', 'q', 'zoé', '2025-06-18 18:50:03', 0.5, 1, NULL), ('7', 'q', 'it''s', NULL, 2, 2, NULL), ('8', 'q', 'a\b', NULL, 2, 3, NULL);
        """;

    [Theory]
    [InlineData(PlanSqlite)]
    [InlineData(ApplicationSqlite)]
    public async Task TheApplicationsTableBecomesAPostgresTableThatTakesItsData(string create)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        using var folder = new TempFolder();
        Sqlite3.Run(folder.File("a.db"), create + "CREATE INDEX by_time ON conversations (created_at DESC); CREATE UNIQUE INDEX once ON conversations (user_id, status) WHERE status <> 'failed';");
        var source = await ReadAsync(folder.File("a.db"));

        var table = SchemaTranslator.Prepare(source, SqlDialect.PostgreSql, isScript: true);
        Assert.DoesNotContain(table.Remarks, remark => remark.IsLoss);
        database.Psql(SchemaText.WriteSql(table));

        var target = await ReadAsync(database);
        SchemaCompatibility.CheckTarget(target);
        Assert.Equal(source.Columns.Select(column => column.Name), target.Columns.Select(column => column.Name));
        // A primary key of PostgreSQL's is never NULL.
        Assert.Equal(source.Columns.Select(column => column.IsNullable && column.Name != "id"), target.Columns.Select(column => column.IsNullable));
        Assert.Equal(source.Columns.Select(column => column.Default is null), target.Columns.Select(column => column.Default is null));
        Assert.Equal(
            """
            CREATE INDEX by_time ON public.conversations USING btree (created_at DESC)
            CREATE UNIQUE INDEX conversations_pkey ON public.conversations USING btree (id)
            CREATE UNIQUE INDEX once ON public.conversations USING btree (user_id, status) WHERE ((status)::text <> 'failed'::text)
            """,
            database.DescribeIndexes());
    }

    [Fact]
    public async Task DefaultsGiveTheSameValues()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        using var folder = new TempFolder();
        Sqlite3.Run(folder.File("a.db"), """
            CREATE TABLE conversations (id VARCHAR PRIMARY KEY, status VARCHAR DEFAULT 'it''s', user_id VARCHAR DEFAULT "double", error_message TEXT DEFAULT 5, total_cost FLOAT DEFAULT -1.5e-3,
                created_at DATETIME DEFAULT CURRENT_TIMESTAMP, n INTEGER DEFAULT '7', m INTEGER DEFAULT (-8), b BOOLEAN DEFAULT 1, d DATE DEFAULT '2025-02-28', x BLOB DEFAULT x'00ff',
                t DATETIME DEFAULT '2025-01-01 00:00:00', nil TEXT DEFAULT NULL, w TEXT DEFAULT 'a\b', z VARCHAR(2) DEFAULT 'longer than two');
            """);

        var toPostgres = SchemaTranslator.Prepare(await ReadAsync(folder.File("a.db")), SqlDialect.PostgreSql, isScript: true);
        Assert.DoesNotContain(toPostgres.Remarks, remark => remark.IsLoss);
        database.Psql(SchemaText.WriteSql(toPostgres));
        var back = SchemaTranslator.Prepare(await ReadAsync(database), SqlDialect.Sqlite, isScript: true);
        Assert.DoesNotContain(back.Remarks, remark => remark.IsLoss);
        Sqlite3.Run(folder.File("b.db"), SchemaText.WriteSql(back));

        const string insert = "INSERT INTO conversations (id) VALUES ('a');";
        const string select = "SELECT status, user_id, error_message, total_cost, n, m, {0}, d, {1}, t, nil, w, z FROM conversations";
        const string clock = "SELECT abs(strftime('%s', created_at) - strftime('%s', 'now')) < 60 FROM conversations";
        database.Psql($"ALTER DATABASE {database.Name} SET timezone = 'America/Chicago'");
        var expected = Sqlite3.Run(folder.File("a.db"), insert + string.Format(null, select, "b", "hex(x)"));
        Assert.Equal("it's|double|5|-0.0015|7|-8|1|2025-02-28|00FF|2025-01-01 00:00:00||a\\b|longer than two", Assert.Single(expected));
        Assert.Equal(expected, Sqlite3.Run(folder.File("b.db"), insert + string.Format(null, select, "b", "hex(x)")));
        Assert.Equal(expected, [database.Psql(insert + string.Format(null, select, "b::int", "upper(encode(x, 'hex'))"))]);
        Assert.Equal(["1"], Sqlite3.Run(folder.File("a.db"), clock));
        Assert.Equal(["1"], Sqlite3.Run(folder.File("b.db"), clock));
        Assert.Equal("t", database.Psql("SELECT abs(extract(epoch FROM created_at - (now() AT TIME ZONE 'utc'))) < 60 FROM conversations"));
    }

    [Theory]
    [InlineData("status = 'active'")]
    [InlineData("status <> 'active'")]
    [InlineData("status != 'it''s' AND status == 'active'")]
    [InlineData("status IN ('active', 'it''s', 'zoé')")]
    [InlineData("status NOT IN ('active', 'a\\b')")]
    [InlineData("status IN ('active')")]
    [InlineData("status IS NULL")]
    [InlineData("status IS NOT NULL AND (total_cost > 0 OR created_at IS NULL)")]
    [InlineData("status NOTNULL AND total_cost ISNULL")]
    [InlineData("status > 'active'")]
    [InlineData("status > 5")]
    [InlineData("status >= 'B' AND status < 'z'")]
    [InlineData("status BETWEEN 'a' AND 'zz'")]
    [InlineData("total_cost NOT BETWEEN 0 AND 1.5")]
    [InlineData("total_cost > -1")]
    [InlineData("total_cost <= 1e3")]
    [InlineData("created_at >= '2025-01-01 00:00:00'")]
    [InlineData("NOT (status = 'active' OR n > 5)")]
    [InlineData("NOT status = 'active'")]
    [InlineData("length(user_query) > 1")]
    [InlineData("length(status) = 3")]
    [InlineData("n IN (0, 7, -5)")]
    [InlineData("((n = 7) OR ((n) = 12))")]
    [InlineData("b = 1 OR b = 0 OR n = 2")]
    public async Task AConditionMeansTheSameThereAndBack(string condition)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        using var folder = new TempFolder();
        Sqlite3.Run(folder.File("a.db"), ApplicationSqlite.Replace("PRIMARY KEY", "n INTEGER, b BOOLEAN, PRIMARY KEY", StringComparison.Ordinal)
            + $"CREATE INDEX part ON conversations (id) WHERE {condition}; {RowsSql} UPDATE conversations SET b = id % 2 WHERE id < '5'");

        database.Psql(SchemaText.WriteSql(SchemaTranslator.Prepare(await ReadAsync(folder.File("a.db")), SqlDialect.PostgreSql, isScript: true)));
        database.Psql(RowsSql + "UPDATE conversations SET b = (id::int % 2)::boolean WHERE id < '5'");
        var predicate = database.Psql("SELECT pg_get_expr(indpred, indrelid) FROM pg_index WHERE indexrelid = 'part'::regclass");

        var expected = Sqlite3.Run(folder.File("a.db"), $"SELECT id FROM conversations WHERE {condition} ORDER BY id");
        Assert.Equal(string.Join('\n', expected), database.Psql($"SELECT id FROM conversations WHERE {predicate} ORDER BY id"));

        // The comparisons of texts by order come back only where PostgreSQL compares bytes, so that the column says so.
        database.Psql("DROP INDEX part; ALTER TABLE conversations ALTER COLUMN status TYPE varchar COLLATE \"C\"; CREATE INDEX part ON conversations (id) WHERE " + predicate.Replace(" COLLATE \"C\"", "", StringComparison.Ordinal));
        var back = SchemaTranslator.Prepare(await ReadAsync(database), SqlDialect.Sqlite, isScript: true);
        Assert.DoesNotContain(back.Remarks, remark => remark.Text.Contains("part", StringComparison.Ordinal));
        Sqlite3.Run(folder.File("b.db"), SchemaText.WriteSql(back) + RowsSql + "UPDATE conversations SET b = id % 2 WHERE id < '5'");
        var again = Assert.Single((await ReadAsync(folder.File("b.db"))).Indexes, index => index.Name == "part");
        Assert.Equal(expected, Sqlite3.Run(folder.File("b.db"), $"SELECT id FROM conversations WHERE {again.Condition} ORDER BY id"));
    }

    [Theory]
    [InlineData("id VARCHAR PRIMARY KEY, user_query TEXT CHECK (json_valid(user_query))", "json_valid(user_query)")]
    [InlineData("id VARCHAR PRIMARY KEY, user_query TEXT DEFAULT (lower(hex(randomblob(4))))", "lower(hex(randomblob(4)))")]
    [InlineData("id VARCHAR PRIMARY KEY, created_at DATETIME DEFAULT 'yesterday'", "'yesterday'")]
    [InlineData("id VARCHAR PRIMARY KEY, n INTEGER DEFAULT 'many'", "'many'")]
    [InlineData("id VARCHAR PRIMARY KEY, status VARCHAR CHECK (status > id)", "status > id")]
    [InlineData("id VARCHAR PRIMARY KEY, status VARCHAR COLLATE NOCASE CHECK (status = 'a')", "NOCASE")]
    [InlineData("id VARCHAR PRIMARY KEY, user_id TEXT REFERENCES users (id)", "REFERENCES users (id)")]
    [InlineData("id VARCHAR PRIMARY KEY, up TEXT AS (upper(id))", "upper(id)")]
    [InlineData("id VARCHAR PRIMARY KEY, place GEOMETRY", "GEOMETRY")]
    [InlineData("id VARCHAR PRIMARY KEY, anything", "no declared type")]
    public async Task WhatCannotBeTranslatedIsNamedAndTheRestRuns(string columns, string named)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        using var folder = new TempFolder();
        Sqlite3.Run(folder.File("a.db"), $"CREATE TABLE conversations ({columns})");

        var table = SchemaTranslator.Prepare(await ReadAsync(folder.File("a.db")), SqlDialect.PostgreSql, isScript: true);
        var sql = SchemaText.WriteSql(table);

        Assert.Contains(table.Remarks, remark => remark.IsLoss && remark.Text.Contains(named, StringComparison.Ordinal));
        Assert.Contains(sql.Split('\n'), line => line.StartsWith("-- ", StringComparison.Ordinal) && line.Contains(named, StringComparison.Ordinal));
        database.Psql(sql);
        Assert.Equal("1", database.Psql("SELECT count(*) FROM pg_tables WHERE tablename = 'conversations'"));
    }

    [Theory]
    [InlineData("id varchar PRIMARY KEY, x uuid DEFAULT gen_random_uuid()", "", "gen_random_uuid()")]
    [InlineData("id varchar PRIMARY KEY, created_at timestamp DEFAULT now()", "", "the session's local time")]
    [InlineData("id varchar PRIMARY KEY, status varchar CHECK (status ~ '^a')", "", "status::text ~ '^a'::text")]
    [InlineData("id varchar PRIMARY KEY, status varchar CHECK (status > 'a')", "", "status::text > 'a'::text")]
    [InlineData("id varchar PRIMARY KEY, up text GENERATED ALWAYS AS (upper(id)) STORED", "", "upper(id::text)")]
    [InlineData("id varchar PRIMARY KEY, tags text[]", "CREATE INDEX i ON conversations USING gin (tags)", "gin")]
    [InlineData("id varchar PRIMARY KEY, n serial", "", "numbered by PostgreSQL")]
    [InlineData("id varchar PRIMARY KEY DEFERRABLE", "", "DEFERRABLE")]
    [InlineData("id varchar PRIMARY KEY, status text", "CREATE UNIQUE INDEX i ON conversations (lower(status))", "lower(status)")]
    public async Task WhatCannotBeTranslatedToSqliteIsNamedAndTheRestRuns(string columns, string index, string named)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        using var folder = new TempFolder();
        database.Psql($"CREATE TABLE conversations ({columns}); {index}");

        var table = SchemaTranslator.Prepare(await ReadAsync(database), SqlDialect.Sqlite, isScript: true);
        var sql = SchemaText.WriteSql(table);

        Assert.Contains(table.Remarks, remark => remark.IsLoss && remark.Text.Contains(named, StringComparison.Ordinal));
        Assert.Contains(sql.Split('\n'), line => line.StartsWith("-- ", StringComparison.Ordinal) && line.Contains(named, StringComparison.Ordinal));
        Sqlite3.Run(folder.File("a.db"), sql);
        Assert.Equal(["1"], Sqlite3.Run(folder.File("a.db"), "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'conversations'"));
    }

    [Fact]
    public async Task NamesThatNeedQuotesAreQuoted()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        using var folder = new TempFolder();
        Sqlite3.Run(folder.File("a.db"), """
            CREATE TABLE conversations (id INTEGER PRIMARY KEY AUTOINCREMENT, "select" TEXT, [user id] TEXT DEFAULT '-- no comment
            ' NOT NULL, "Q""x" TEXT, `2nd` REAL, user TEXT, UNIQUE ("select", "user id"));
            CREATE INDEX "an index" ON conversations ("Q""x", lower("user id"), user DESC);
            """);

        var there = SchemaTranslator.Prepare(await ReadAsync(folder.File("a.db")), SqlDialect.PostgreSql, isScript: true);
        database.Psql(SchemaText.WriteSql(there));
        var back = SchemaTranslator.Prepare(await ReadAsync(database), SqlDialect.Sqlite, isScript: true);
        Sqlite3.Run(folder.File("b.db"), SchemaText.WriteSql(back));

        Assert.DoesNotContain(there.Remarks.Concat(back.Remarks), remark => remark.IsLoss);
        Assert.Equal("id\nselect\nuser id\nQ\"x\n2nd\nuser", database.Psql("SELECT column_name FROM information_schema.columns WHERE table_name = 'conversations' ORDER BY ordinal_position"));
        const string columns = "SELECT name, \"notnull\" FROM pragma_table_xinfo('conversations') WHERE name <> 'id' ORDER BY cid";
        Assert.Equal(Sqlite3.Run(folder.File("a.db"), columns), Sqlite3.Run(folder.File("b.db"), columns));
        const string keys = "SELECT name, \"desc\" FROM pragma_index_xinfo('an index') WHERE key ORDER BY seqno";
        Assert.Equal(Sqlite3.Run(folder.File("a.db"), keys), Sqlite3.Run(folder.File("b.db"), keys));
    }

    [Fact]
    public async Task TheDatabasesOwnTextMakesTheSameTableAgain()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var other = await postgres.CreateDatabaseAsync();
        using var folder = new TempFolder();
        database.Psql("""
            CREATE TABLE conversations (id varchar COLLATE "C" PRIMARY KEY, n bigint GENERATED BY DEFAULT AS IDENTITY, "User" varchar(20) DEFAULT 'x' NOT NULL UNIQUE DEFERRABLE,
                tags text[] DEFAULT '{}', up text GENERATED ALWAYS AS (upper("User")) STORED, total_cost numeric(10,2) CHECK (total_cost >= 0));
            CREATE INDEX "A b" ON conversations USING gin (tags);
            CREATE UNIQUE INDEX c ON conversations ("User" COLLATE "POSIX" DESC NULLS LAST, lower(id)) INCLUDE (n) WHERE n > 0;
            """);
        Sqlite3.Run(folder.File("a.db"), PlanSqlite + "CREATE UNIQUE INDEX u ON conversations (lower(status), user_id) WHERE status LIKE 'a%'");

        other.Psql(SchemaText.WriteSql(SchemaTranslator.Prepare(await ReadAsync(database), SqlDialect.PostgreSql, isScript: true)));
        Sqlite3.Run(folder.File("b.db"), SchemaText.WriteSql(SchemaTranslator.Prepare(await ReadAsync(folder.File("a.db")), SqlDialect.Sqlite, isScript: true)));

        Assert.Equal(database.DescribeColumns(), other.DescribeColumns());
        Assert.Equal(database.DescribeIndexes(), other.DescribeIndexes());
        const string constraints = "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'conversations'::regclass ORDER BY conname";
        Assert.Equal(database.Psql(constraints), other.Psql(constraints));
        const string all = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name";
        Assert.Equal(Sqlite3.Run(folder.File("a.db"), all), Sqlite3.Run(folder.File("b.db"), all));
    }

    [Fact]
    public async Task MarkdownHasATableOfColumnsAndOneOfIndexes()
    {
        using var folder = new TempFolder();
        Sqlite3.Run(folder.File("a.db"), """
            CREATE TABLE conversations (id VARCHAR PRIMARY KEY, "a|b" TEXT DEFAULT 'x|`y' NOT NULL, CHECK (id <> ''));
            CREATE INDEX i ON conversations ("a|b" DESC) WHERE id <> '|';
            INSERT INTO conversations (id) VALUES ('1'), ('2');
            """);

        var text = SchemaText.WriteMarkdown(SchemaTranslator.Prepare(await ReadAsync(folder.File("a.db")), SqlDialect.Sqlite, isScript: false));

        Assert.Equal(
            $"""
            # conversations

            The table `main.conversations` of `sqlite:///{folder.File("a.db")}`. It has 2 rows.

            | Column | Type | NULL | Default | Key |
            |---|---|---|---|---|
            | `id` | `VARCHAR` | yes |  | 1 |
            | `a\|b` | `TEXT` | no | ``'x\|`y'`` |  |

            | Index | Columns | Unique | Condition |
            |---|---|---|---|
            | primary key | `id` | yes |  |
            | `i` | `a\|b DESC` | no | `id <> '\|'` |

            Constraints:

            - `CHECK (id <> '')`
            """,
            text);
    }
}
