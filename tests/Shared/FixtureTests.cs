namespace MarketingSwarm.Testing;

/// <summary>The fixtures themselves: a witness that cannot be trusted proves nothing.</summary>
public sealed class FixtureTests(PostgresServer postgres)
{
    [Fact]
    public async Task EveryTestHasADatabaseOfItsOwn()
    {
        await using var first = await postgres.CreateDatabaseAsync();
        await using var second = await postgres.CreateDatabaseAsync();

        first.Psql("CREATE TABLE t (a text); INSERT INTO t VALUES ('é'), (NULL)");

        Assert.Equal("é\n", first.Psql("SELECT a FROM t ORDER BY a NULLS LAST") + "\n");
        Assert.Equal("0", second.Psql("SELECT count(*) FROM pg_tables WHERE tablename = 't'"));
        Assert.Throws<InvalidOperationException>(() => second.Psql("SELECT * FROM t"));
    }

    [Fact]
    public async Task DatabasesAreDroppedWithTheirTests()
    {
        await using var witness = await postgres.CreateDatabaseAsync();
        var database = await postgres.CreateDatabaseAsync();
        Assert.Equal("1", witness.Psql($"SELECT count(*) FROM pg_database WHERE datname = '{database.Name}'"));

        await database.DisposeAsync();

        Assert.Equal("0", witness.Psql($"SELECT count(*) FROM pg_database WHERE datname = '{database.Name}'"));
    }

    [Fact]
    public void SqliteIsReadByOtherHands()
    {
        using var folder = new TempFolder();
        var path = folder.File("a.db");

        var lines = Sqlite3.Run(path, "CREATE TABLE t (a, b TEXT); INSERT INTO t VALUES (1, 'x;y'), (NULL, 'é'); SELECT a, b, typeof(a) FROM t ORDER BY rowid");

        Assert.Equal(["1|x;y|integer", "|é|null"], lines);
        Assert.Equal("SQLite format 3"u8, File.ReadAllBytes(path).AsSpan(0, 15));
    }
}
