using MarketingSwarm.Engine.Archives;
using MarketingSwarm.Engine.Postgres;
using MarketingSwarm.Engine.Sqlite;

namespace MarketingSwarm.Engine.Conversations;

/// <summary>Opens a database of either engine, or an archive, to read or to write conversations.</summary>
internal static class ConversationStore
{
    /// <summary>Opens a database or an archive for reading.</summary>
    internal static async Task<IConversationReader> OpenReaderAsync(
        SwarmDatabase database, ConversationFilter filter, CancellationToken cancellationToken) => database.Engine switch
        {
            DatabaseEngine.Sqlite => SqliteConversationReader.Open(database, filter, cancellationToken),
            DatabaseEngine.PostgreSql => await PostgresConversationReader.OpenAsync(database, filter, cancellationToken),
            _ => ArchiveReader.Open(database.Path!, filter, cancellationToken),
        };

    /// <summary>Opens a database's table for loading.</summary>
    /// <param name="database">The database.</param>
    /// <param name="options">What to do with rows that are not simply inserted.</param>
    /// <param name="cancellationToken">Ends the wait for a connection or a lock.</param>
    internal static async Task<IConversationWriter> OpenWriterAsync(SwarmDatabase database, ImportOptions options, CancellationToken cancellationToken)
    {
        if (database.Engine == DatabaseEngine.Archive) throw Errors.ArchiveNotADatabase(database);
        if (options.IsPreview) return await PreviewWriter.OpenAsync(database, options, cancellationToken);
        return database.Engine == DatabaseEngine.Sqlite
            ? SqliteConversationWriter.Open(database, options.OnConflict, cancellationToken)
            : await PostgresConversationWriter.OpenAsync(database, options, cancellationToken);
    }
}
