using MarketingSwarm.Engine.Postgres;

namespace MarketingSwarm.Engine.Checks;

/// <summary>How large a database is.</summary>
internal static class DatabaseSizes
{
    /// <summary>The size in bytes: of a SQLite file with its write-ahead log, or of a server's database as it is on its disk.</summary>
    /// <exception cref="SwarmException">It cannot be looked at.</exception>
    internal static async Task<long> MeasureAsync(SwarmDatabase database, CancellationToken cancellationToken)
    {
        if (database.Engine != DatabaseEngine.PostgreSql)
        {
            var file = new FileInfo(database.Path!);
            if (!file.Exists) throw Errors.SqliteFileNotFound(database.Path!);
            var log = new FileInfo(database.Path + "-wal");
            return file.Length + (log.Exists ? log.Length : 0);
        }

        await using var connection = await PostgresConnector.OpenAsync(database, cancellationToken).ConfigureAwait(false);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT pg_database_size(current_database())";
        return (long)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
    }
}
