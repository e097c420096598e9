using MarketingSwarm.Engine.Schemas;
using static MarketingSwarm.Engine.Tests.Schemas.SchemaFixtures;

namespace MarketingSwarm.Engine.Tests.Schemas;

public sealed class SchemaCompatibilityTests(PostgresServer postgres)
{
    [Fact]
    public async Task TheApplicationsOwnTablesAreAccepted()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        using var folder = new TempFolder();
        database.Psql(ApplicationPostgres);
        Sqlite3.Run(folder.File("application.db"), ApplicationSqlite);
        Sqlite3.Run(folder.File("plan.db"), PlanSqlite);

        foreach (var schema in new[] { await ReadAsync(database), await ReadAsync(folder.File("application.db")), await ReadAsync(folder.File("plan.db")) })
        {
            SchemaCompatibility.CheckSource(schema);
            SchemaCompatibility.CheckTarget(schema);
        }
    }

    [Theory]
    [InlineData("user_id", "text")]
    [InlineData("agent_responses", "varchar")]
    [InlineData("created_at", "timestamp(6)")]
    public async Task OtherTypesThatHoldTheDataAreAccepted(string column, string type)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        database.Psql($"{ApplicationPostgres} ALTER TABLE conversations ALTER COLUMN {column} TYPE {type}");

        SchemaCompatibility.CheckTarget(await ReadAsync(database));
    }

    [Theory]
    [InlineData("agent_responses", "json", "json")]
    [InlineData("agent_responses", "jsonb", "jsonb")]
    [InlineData("created_at", "timestamptz", "timestamp with time zone")]
    [InlineData("created_at", "timestamp(3)", "timestamp(3) without time zone")]
    [InlineData("completed_at", "date", "date")]
    [InlineData("completed_at", "text", "text")]
    [InlineData("user_id", "varchar(50)", "character varying(50)")]
    [InlineData("user_id", "char(36)", "character(36)")]
    [InlineData("user_id", "\"char\"", "\"char\"")]
    [InlineData("user_id", "name", "name")]
    [InlineData("user_id", "integer", "integer")]
    [InlineData("status", "mood", "mood")]
    [InlineData("status", "short", "short")]
    [InlineData("error_message", "text[]", "text[]")]
    [InlineData("error_message", "bytea", "bytea")]
    [InlineData("id", "uuid", "uuid")]
    [InlineData("total_cost", "numeric", "numeric")]
    [InlineData("total_cost", "numeric(10,2)", "numeric(10,2)")]
    [InlineData("total_cost", "real", "real")]
    [InlineData("total_cost", "bigint", "bigint")]
    [InlineData("total_cost", "money", "money")]
    [InlineData("total_cost", "text", "text")]
    public async Task ATypeThatCannotHoldTheDataIsRefusedByName(string column, string type, string shown)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        database.Psql($"""
            CREATE TYPE mood AS ENUM ('active', 'completed');
            CREATE DOMAIN short AS varchar CHECK (length(VALUE) < 10);
            {ApplicationPostgres}
            ALTER TABLE conversations DROP COLUMN {column};
            ALTER TABLE conversations ADD COLUMN {column} {type}{(column == "id" ? " PRIMARY KEY" : "")};
            """);
        var schema = await ReadAsync(database);

        foreach (var check in new Action<DatabaseSchema>[] { SchemaCompatibility.CheckSource, SchemaCompatibility.CheckTarget })
        {
            var error = Assert.Throws<SwarmSchemaException>(() => check(schema));
            Assert.Contains($"the column {column} is {shown}: ", error.Message, StringComparison.Ordinal);
            Assert.Contains($"ALTER COLUMN {column} TYPE ", error.RecommendedAction, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("agent_responses", "jsonb", "'[1]'")]
    [InlineData("created_at", "timestamptz", "'2025-06-18 18:50:03+00'")]
    [InlineData("user_id", "varchar(50)", "'u'")]
    [InlineData("total_cost", "text", "'1.5'")]
    public async Task TheStatementAdvisedRunsAndEndsTheProblem(string column, string type, string value)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        database.Psql($"""
            {ApplicationPostgres}
            ALTER TABLE conversations DROP COLUMN {column};
            ALTER TABLE conversations ADD COLUMN {column} {type};
            INSERT INTO conversations (id, user_query, {column}) VALUES ('a', 'q', {value});
            """);
        var error = Assert.Throws<SwarmSchemaException>(() => SchemaCompatibility.CheckTarget(ReadAsync(database).GetAwaiter().GetResult()));

        database.Psql($"SET timezone = 'America/Chicago'; {error.RecommendedAction!["Change it: ".Length..]}");

        SchemaCompatibility.CheckTarget(await ReadAsync(database));
        if (column == "created_at") Assert.Equal("2025-06-18 18:50:03", database.Psql("SELECT created_at FROM conversations"));
    }

    [Fact]
    public async Task AllProblemsAreInOneError()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        database.Psql($"""
            {ApplicationPostgres}
            ALTER TABLE conversations DROP COLUMN status, DROP COLUMN error_message, DROP CONSTRAINT conversations_pkey,
                ADD COLUMN rating integer, ADD COLUMN "ID" text DEFAULT 'x', ADD COLUMN doubled text GENERATED ALWAYS AS (user_id || user_id) STORED,
                ALTER COLUMN total_cost TYPE real;
            """);
        var schema = await ReadAsync(database);

        var target = Assert.Throws<SwarmSchemaException>(() => SchemaCompatibility.CheckTarget(schema));
        var source = Assert.Throws<SwarmSchemaException>(() => SchemaCompatibility.CheckSource(schema));

        Assert.Equal("TargetTableUnsuitable", target.ErrorId);
        Assert.Contains("the columns status, error_message are missing", target.Message, StringComparison.Ordinal);
        Assert.Contains("total_cost is real", target.Message, StringComparison.Ordinal);
        Assert.Contains("the column rating is none of the application's ten; loading would leave it NULL", target.Message, StringComparison.Ordinal);
        Assert.Contains("the column \"ID\" is none of the application's ten (it differs from id in its spelling)", target.Message, StringComparison.Ordinal);
        Assert.Contains("nothing keeps id unique", target.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("doubled", target.Message, StringComparison.Ordinal);
        Assert.Contains("Update-SwarmDatabaseSchema", target.RecommendedAction, StringComparison.Ordinal);

        Assert.Equal("SourceTableUnsuitable", source.ErrorId);
        Assert.Contains("the column rating is none of the application's ten, and its values would be lost", source.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("unique", source.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CREATE UNIQUE INDEX i ON conversations (id) WHERE status IS NOT NULL", "covers only the rows with status IS NOT NULL")]
    [InlineData("ALTER TABLE conversations ADD CONSTRAINT i UNIQUE (id) DEFERRABLE", "is DEFERRABLE")]
    [InlineData("CREATE UNIQUE INDEX i ON conversations (id, user_id)", "nothing keeps id unique")]
    [InlineData("CREATE UNIQUE INDEX i ON conversations (lower(id))", "nothing keeps id unique")]
    [InlineData("CREATE INDEX i ON conversations (id)", "nothing keeps id unique")]
    [InlineData("CREATE UNIQUE INDEX i ON conversations (id); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'i'::regclass", "is invalid")]
    public async Task AnIndexThatDoesNotKeepEveryIdUniqueIsNoKey(string sql, string reason)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        database.Psql($"{ApplicationPostgres} ALTER TABLE conversations DROP CONSTRAINT conversations_pkey; {sql}");
        var schema = await ReadAsync(database);

        var error = Assert.Throws<SwarmSchemaException>(() => SchemaCompatibility.CheckTarget(schema));

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        SchemaCompatibility.CheckSource(schema);
    }

    [Theory]
    [InlineData("ALTER TABLE conversations SET UNLOGGED", "UNLOGGED")]
    [InlineData("CREATE COLLATION nc (provider = icu, locale = 'und-u-ks-level2', deterministic = false); ALTER TABLE conversations ALTER COLUMN id TYPE varchar COLLATE nc", "counts different ids as equal")]
    [InlineData("ALTER TABLE conversations DROP COLUMN status; ALTER TABLE conversations ADD COLUMN status text GENERATED ALWAYS AS ('x') STORED", "the column status is computed")]
    public async Task ATargetThatWouldLoseRowsIsRefused(string sql, string reason)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        database.Psql($"{ApplicationPostgres} {sql}");
        var schema = await ReadAsync(database);

        Assert.Contains(reason, Assert.Throws<SwarmSchemaException>(() => SchemaCompatibility.CheckTarget(schema)).Message, StringComparison.Ordinal);
        SchemaCompatibility.CheckSource(schema);
    }

    [Theory]
    [InlineData("id VARCHAR", "nothing keeps id unique")]
    [InlineData("id INTEGER PRIMARY KEY", "whole numbers only")]
    [InlineData("id VARCHAR COLLATE NOCASE PRIMARY KEY", "NOCASE")]
    [InlineData("id VARCHAR PRIMARY KEY, rating INTEGER", "the column rating")]
    public async Task ASqliteTargetNeedsAKeyThatTellsIdsApart(string column, string reason)
    {
        using var folder = new TempFolder();
        Sqlite3.Run(folder.File("a.db"), PlanSqlite.Replace("id VARCHAR PRIMARY KEY", column, StringComparison.Ordinal));
        var schema = await ReadAsync(folder.File("a.db"));

        Assert.Contains(reason, Assert.Throws<SwarmSchemaException>(() => SchemaCompatibility.CheckTarget(schema)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SqliteDoesNotTellUpperFromLowerCaseInNames()
    {
        using var folder = new TempFolder();
        Sqlite3.Run(folder.File("a.db"), PlanSqlite.Replace("CREATE TABLE conversations", "CREATE TABLE Conversations", StringComparison.Ordinal)
            .Replace("user_id VARCHAR", "User_ID VARCHAR", StringComparison.Ordinal));

        var schema = await ReadAsync(folder.File("a.db"));

        SchemaCompatibility.CheckSource(schema);
        SchemaCompatibility.CheckTarget(schema);
    }
}
