using static MarketingSwarm.Engine.Tests.Checks.CheckRunner;
using static MarketingSwarm.Engine.Tests.Schemas.SchemaFixtures;

namespace MarketingSwarm.Engine.Tests.Schemas;

public sealed class SchemaReaderTests(PostgresServer postgres)
{
    [Fact]
    public async Task APostgresTableIsDescribedAsItIs()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        database.Psql("""
            CREATE TABLE users (id text PRIMARY KEY);
            CREATE TABLE conversations (
                n bigint GENERATED ALWAYS AS IDENTITY, id varchar COLLATE "C", "Q|x" varchar(10) DEFAULT 'a''b' NOT NULL CHECK ("Q|x" <> ''),
                gone int, created_at timestamp DEFAULT (now() AT TIME ZONE 'utc'), user_id text REFERENCES users (id),
                up text GENERATED ALWAYS AS (upper(user_id)) STORED, PRIMARY KEY (user_id, id));
            ALTER TABLE conversations DROP COLUMN gone;
            CREATE UNIQUE INDEX u ON conversations (lower("Q|x") DESC, id COLLATE "POSIX", created_at NULLS FIRST) INCLUDE (n) WHERE user_id <> 'x';
            CREATE INDEX h ON conversations USING hash (id);
            CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
            CREATE TRIGGER tr BEFORE INSERT ON conversations FOR EACH ROW EXECUTE FUNCTION f();
            INSERT INTO users VALUES ('u'); INSERT INTO conversations (id, user_id, "Q|x") VALUES ('1', 'u', 'q'), ('2', 'u', 'r');
            """);

        var schema = await ReadAsync(database);

        Assert.Equal(("public", "conversations", 2L), (schema.Schema, schema.Table, schema.RowCount));
        Assert.Equal(
            database.Psql("SELECT attname FROM pg_attribute WHERE attrelid = 'conversations'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum").Split('\n'),
            schema.Columns.Select(column => column.Name));
        Assert.Equal(["bigint", "character varying", "character varying(10)", "timestamp without time zone", "text", "text"], schema.Columns.Select(column => column.Type));
        Assert.Equal([false, false, false, true, false, true], schema.Columns.Select(column => column.IsNullable));
        Assert.Equal([null, null, "'a''b'::character varying", "(now() AT TIME ZONE 'utc'::text)", null, null], schema.Columns.Select(column => column.Default));
        Assert.Equal([null, 2, null, null, 1, null], schema.Columns.Select(column => column.PrimaryKeyPosition));
        Assert.Equal(["n"], schema.Columns.Where(column => column.IsIdentity).Select(column => column.Name));
        Assert.Equal(["up"], schema.Columns.Where(column => column.IsGenerated).Select(column => column.Name));
        Assert.Equal("C", schema.Columns[1].Collation);
        Assert.Equal(["conversations_pkey", "h", "u"], schema.Indexes.Select(index => index.Name));
        Assert.Equal(["user_id", "id"], schema.Indexes[0].Columns);
        Assert.Equal(["lower(\"Q|x\"::text) DESC", "id COLLATE \"POSIX\"", "created_at NULLS FIRST"], schema.Indexes[2].Columns);
        Assert.Equal(("user_id <> 'x'::text", true, false), (schema.Indexes[2].Condition, schema.Indexes[2].IsUnique, schema.Indexes[2].IsPrimaryKey));
        Assert.Equal(["tr"], schema.Triggers);
        Assert.Equal(2, schema.Constraints.Count);
        Assert.Contains(schema.Constraints, constraint => constraint.Contains("FOREIGN KEY (user_id) REFERENCES users(id)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ASqliteTableIsDescribedAsItIs()
    {
        using var folder = new TempFolder();
        var path = folder.File("a.db");
        const string create = """
            CREATE TABLE "Conversations" ( -- a comment, with ( a parenthesis
             id VARCHAR NOT NULL COLLATE NOCASE, [user id] VARCHAR(50) REFERENCES users(id) ON DELETE SET NULL DEFAULT 'x;)', user_query TEXT NOT NULL CHECK (length(user_query) > 0),
             status VARCHAR CONSTRAINT ok CHECK(status in ('active','a)b')), created_at DATETIME DEFAULT CURRENT_TIMESTAMP, up as (upper(status)) stored,
             total_cost FLOAT DEFAULT (1+1), "n""q" INTEGER DEFAULT -1, PRIMARY KEY(id), CONSTRAINT fk FOREIGN KEY (status) REFERENCES users(id), UNIQUE("user id", status))
            """;
        Sqlite3.Run(path, $"""
            {create};
            CREATE INDEX i1 ON conversations(created_at DESC) WHERE status <> 'x)';
            CREATE UNIQUE INDEX i2 ON conversations(lower(status) || ',' DESC, id COLLATE BINARY, "n""q");
            CREATE TRIGGER tr AFTER INSERT ON conversations BEGIN SELECT 1; END;
            INSERT INTO conversations (id, user_query) VALUES ('a', 'b');
            """);

        var schema = await ReadAsync(path);

        Assert.Equal(("main", "Conversations", 1L, create), (schema.Schema, schema.Table, schema.RowCount, schema.Definition));
        Assert.Equal(Sqlite3.Run(path, "SELECT name FROM pragma_table_xinfo('conversations') ORDER BY cid"), schema.Columns.Select(column => column.Name));
        Assert.Equal(Sqlite3.Run(path, "SELECT type FROM pragma_table_xinfo('conversations') ORDER BY cid"), schema.Columns.Select(column => column.Type));
        Assert.Equal([null, "'x;)'", null, null, "CURRENT_TIMESTAMP", null, "1+1", "-1"], schema.Columns.Select(column => column.Default));
        Assert.Equal("NOCASE", schema.Columns[0].Collation);
        Assert.Equal(["up"], schema.Columns.Where(column => column.IsGenerated).Select(column => column.Name));
        Assert.Equal(["sqlite_autoindex_Conversations_1", "i1", "i2", "sqlite_autoindex_Conversations_2"], schema.Indexes.Select(index => index.Name));
        Assert.True(schema.Indexes[0].IsPrimaryKey);
        Assert.Equal(["created_at DESC"], schema.Indexes[1].Columns);
        Assert.Equal("status <> 'x)'", schema.Indexes[1].Condition);
        Assert.Equal(["lower(status) || ',' DESC", "id COLLATE BINARY", "n\"q"], schema.Indexes[2].Columns);
        Assert.Equal(
            [
                "FOREIGN KEY (\"user id\") REFERENCES users(id) ON DELETE SET NULL", "CHECK (length(user_query) > 0)",
                "CONSTRAINT ok CHECK(status in ('active','a)b'))", "CONSTRAINT fk FOREIGN KEY (status) REFERENCES users(id)",
            ],
            schema.Constraints);
        Assert.Equal(["tr"], schema.Triggers);
    }

    [Fact]
    public async Task TheTableIsTheOneThatTheSearchPathFinds()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        database.Psql($"{ApplicationPostgres} CREATE SCHEMA \"Other one\"; ALTER TABLE conversations SET SCHEMA \"Other one\"");

        var error = await Assert.ThrowsAsync<SwarmDatabaseException>(() => ReadAsync(database));
        Assert.Equal(SwarmDatabaseFailure.TableNotFound, error.Failure);

        database.Psql($"ALTER DATABASE {database.Name} SET search_path = nowhere, \"Other one\", public");
        Assert.Equal("Other one", (await ReadAsync(database)).Schema);
    }

    [Theory]
    [InlineData("CREATE VIEW conversations AS SELECT 1 AS id", "is a view")]
    [InlineData("CREATE MATERIALIZED VIEW conversations AS SELECT 1 AS id", "is a materialized view")]
    [InlineData("CREATE SEQUENCE conversations", "is a sequence")]
    public async Task SomethingOtherThanATableIsRefused(string sql, string kind)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        database.Psql(sql);

        var error = await Assert.ThrowsAsync<SwarmSchemaException>(() => ReadAsync(database));

        Assert.Contains($"'public.conversations' in {database.ToSwarm()} {kind}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CREATE VIEW conversations AS SELECT 1 AS id", "is a view")]
    [InlineData("CREATE VIRTUAL TABLE conversations USING fts5(id)", "is a virtual table")]
    public async Task SomethingOtherThanATableIsRefusedInSqliteToo(string sql, string kind)
    {
        using var folder = new TempFolder();
        Sqlite3.Run(folder.File("a.db"), sql);

        Assert.Contains(kind, (await Assert.ThrowsAsync<SwarmSchemaException>(() => ReadAsync(folder.File("a.db")))).Message, StringComparison.Ordinal);
    }
}
