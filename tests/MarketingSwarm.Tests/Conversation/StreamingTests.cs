using static MarketingSwarm.Tests.Conversation.Sources;

namespace MarketingSwarm.Tests.Conversation;

/// <summary>Rows stream: memory does not grow with their number. Nothing runs beside this, for it asks for the whole process's memory.</summary>
[Collection(EnvironmentCollection.Name)]
public sealed class StreamingTests(PostgresServer postgres)
{
    private const int Rows = 50_000;
    private const int Size = 4_000;

    [Theory]
    [InlineData("delete")]
    [InlineData("wal")]
    public async Task MemoryDoesNotGrowWithTheRows(string journalMode)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(PostgresTable);
        using var folder = new TempFolder();
        var source = CreateSqlite(folder.File("app.db"), Rows, Size, $"PRAGMA journal_mode = {journalMode}; {SqliteTable}");

        List<long> memory = [];
        PowerShellSession.Run(
            """
            $n = 0
            $null = Export-SwarmConversation $source | ForEach-Object { if (++$n % 10000 -eq 0) { $memory.Add([GC]::GetTotalMemory($true)) } $_ } | Import-SwarmConversation $url
            """,
            ("source", source), ("url", database.Url), ("memory", memory)).EnsureSuccess();

        // 200 MB of rows went by; the pipe holds three chunks of 16 MB.
        Assert.Equal(5, memory.Count);
        Assert.True(memory.Max() - memory[0] < 64 << 20, string.Join(", ", memory));
        Assert.Equal("50000", database.Psql("SELECT count(*) FROM conversations"));
    }
}
