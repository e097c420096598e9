using System.Globalization;
using MarketingSwarm.Engine.Conversations;
using MarketingSwarm.Engine.Postgres;
using MarketingSwarm.Engine.Tests.Checks;

namespace MarketingSwarm.Engine.Tests.Postgres;

public sealed class PostgresConversationWriterTests(PostgresServer postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ConflictAction.Fail)]
    [InlineData(ConflictAction.Update)]
    public async Task NoRowsAreLoadedToo(ConflictAction onConflict)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(CheckRunner.TableSql);

        using var writer = await PostgresConversationWriter.OpenAsync(database.ToSwarm(), new ImportOptions { OnConflict = onConflict }, Token);

        Assert.Equal(default, await writer.CommitAsync(Token));
    }

    [Fact]
    public async Task RowsOfEverySizeAroundASlabAndAChunkArrive()
    {
        const int slab = 256 * 1024;
        int[] sizes = [0, slab - 200, slab, slab + 1, 0, 3 * slab, 20 << 20, 12 << 20, 0, 33 << 20, 0, 0];
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(CheckRunner.TableSql);

        using (var writer = await PostgresConversationWriter.OpenAsync(database.ToSwarm(), new ImportOptions(), Token))
        {
            for (var i = 0; i < sizes.Length; i++) writer.Write(CreateRow(i, sizes[i]), Token);
            Assert.Equal(new WriteCounts(sizes.Length, 0, 0), await writer.CommitAsync(Token));
        }

        Assert.Equal(
            sizes.Select((size, i) => string.Create(CultureInfo.InvariantCulture, $"{i:00}|{size}|t")),
            database.Psql("SELECT id, length(user_query), user_query = repeat('x', length(user_query)) FROM conversations ORDER BY id").Split('\n'));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(200)]
    public async Task DisposingWithoutACommitRollsBackHoweverOftenItIsDone(int rows)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(CheckRunner.TableSql);
        var writer = await PostgresConversationWriter.OpenAsync(database.ToSwarm(), new ImportOptions(), Token);
        for (var i = 0; i < rows; i++) writer.Write(CreateRow(i, 300_000), Token);

        writer.Dispose();
        writer.Dispose();

        Assert.Equal("0", database.Psql("SELECT count(*) FROM conversations"));
    }

    private static Conversation CreateRow(int id, int size)
        => new(new Dictionary<string, object?> { ["id"] = id.ToString("00", CultureInfo.InvariantCulture), ["user_query"] = new string('x', size) });
}
