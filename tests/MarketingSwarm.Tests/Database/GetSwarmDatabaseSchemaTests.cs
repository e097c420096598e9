namespace MarketingSwarm.Tests.Database;

public sealed class GetSwarmDatabaseSchemaTests(PostgresServer postgres)
{
    [Fact]
    public async Task TheSqliteTablesTextRunsInPostgres()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        using var folder = new TempFolder();
        var path = folder.File("app.db");

        var result = PowerShellSession.Run(
            """
            $null = Initialize-SwarmDatabase $path
            Get-SwarmDatabaseSchema $path -As Sql -Dialect PostgreSql
            """,
            ("path", path)).EnsureSuccess();

        var sql = Assert.IsType<string>(Assert.Single(result.Output).BaseObject);
        Assert.Empty(result.Warnings);
        database.Psql(sql);
        var read = PowerShellSession.Run("$schema = Get-SwarmDatabaseSchema $url; $schema.RowCount; $schema.Columns[0].Collation; $schema.Columns.Name", ("url", database.Url)).EnsureSuccess();
        Assert.Equal(["0", "C", .. Sqlite3.Run(path, "SELECT name FROM pragma_table_info('conversations') ORDER BY cid")], read.Output.Select(value => value.ToString()));
    }

    [Fact]
    public void WhatCannotBeTranslatedIsAWarning()
    {
        using var folder = new TempFolder();
        Sqlite3.Run(folder.File("a.db"), "CREATE TABLE conversations (id VARCHAR PRIMARY KEY, status VARCHAR CHECK (json_valid(status)))");

        var result = PowerShellSession.Run("Get-SwarmDatabaseSchema $path -As Sql -Dialect PostgreSql", ("path", folder.File("a.db"))).EnsureSuccess();

        Assert.Contains("CHECK (json_valid(status))", Assert.Single(result.Warnings).Message, StringComparison.Ordinal);
        Assert.Contains("-- The constraint is left out", Assert.Single(result.Output).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void MarkdownCountsTheRows()
    {
        using var folder = new TempFolder();
        Sqlite3.Run(folder.File("a.db"), "CREATE TABLE conversations (id VARCHAR PRIMARY KEY); INSERT INTO conversations VALUES ('a')");

        var text = Assert.Single(PowerShellSession.Run("Get-SwarmDatabaseSchema $path -As Markdown", ("path", folder.File("a.db"))).EnsureSuccess().Output).ToString();

        Assert.StartsWith("# conversations\n", text, StringComparison.Ordinal);
        Assert.Contains("It has 1 row.", text, StringComparison.Ordinal);
        Assert.Contains("| `id` | `VARCHAR` | yes |  | 1 |", text, StringComparison.Ordinal);
    }

    [Fact]
    public void ADialectWithoutTextIsRefused()
    {
        using var folder = new TempFolder();

        var error = PowerShellSession.Run("Get-SwarmDatabaseSchema $path -Dialect Sqlite", ("path", folder.File("a.db"))).SingleError;

        Assert.StartsWith("DialectWithoutText", error.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void TheViewListsColumnsAndIndexes()
    {
        using var folder = new TempFolder();
        Sqlite3.Run(folder.File("a.db"), "CREATE TABLE conversations (id VARCHAR PRIMARY KEY, total_cost FLOAT NOT NULL DEFAULT 0.0); CREATE INDEX i ON conversations (total_cost) WHERE id > ''");

        var result = PowerShellSession.Run(
            """
            $schema = Get-SwarmDatabaseSchema $path
            $schema | Out-Default
            $schema.Columns | Out-Default
            $schema.Indexes | Out-Default
            """,
            ("path", folder.File("a.db"))).EnsureSuccess();

        var screen = string.Join('\n', result.HostLines);
        Assert.Contains("total_cost  FLOAT NOT NULL DEFAULT 0.0", screen, StringComparison.Ordinal);
        Assert.Contains("i (total_cost) WHERE id > ''", screen, StringComparison.Ordinal);
        Assert.Contains("IsNullable", screen, StringComparison.Ordinal);
        Assert.Contains("IsUnique", screen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADatabaseWithoutTheTableSaysSo()
    {
        await using var database = await postgres.CreateDatabaseAsync();

        var error = PowerShellSession.Run("Get-SwarmDatabaseSchema $url", ("url", database.Url)).SingleError;

        Assert.StartsWith("PostgresTableNotFound", error.FullyQualifiedErrorId, StringComparison.Ordinal);
    }
}
