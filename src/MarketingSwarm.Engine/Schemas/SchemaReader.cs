using MarketingSwarm.Engine.Postgres;
using MarketingSwarm.Engine.Sqlite;
using SQLitePCL;

namespace MarketingSwarm.Engine.Schemas;

/// <summary>Reads what the table is, of either engine.</summary>
internal static class SchemaReader
{
    internal static async Task<DatabaseSchema> ReadAsync(SwarmDatabase database, bool countRows, CancellationToken cancellationToken)
    {
        switch (database.Engine)
        {
            case DatabaseEngine.Sqlite:
                using (var connection = SqliteConnector.OpenRead(database, cancellationToken))
                {
                    // Counting a large table takes a while.
                    using var registration = cancellationToken.Register(() => raw.sqlite3_interrupt(connection.Handle!));
                    return SqliteSchemaReader.Read(connection, database, countRows);
                }

            case DatabaseEngine.PostgreSql:
                await using (var connection = await PostgresConnector.OpenAsync(database, cancellationToken))
                    return await PostgresSchemaReader.ReadAsync(connection, database, countRows, cancellationToken);

            default:
                throw Errors.ArchiveNotADatabase(database);
        }
    }
}
