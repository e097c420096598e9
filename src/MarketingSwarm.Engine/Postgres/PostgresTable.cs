using MarketingSwarm.Engine.Schemas;
using Npgsql;

namespace MarketingSwarm.Engine.Postgres;

/// <summary>What the reader, the writer and its preview ask of a PostgreSQL table alike.</summary>
internal static class PostgresTable
{
    internal static string GetQualifiedName(DatabaseSchema schema)
        => $"{SqlNames.Quote(schema.Schema)}.{SqlNames.Quote(schema.Table)}";

    /// <summary>Reads the table's schema and refuses one that cannot hold the rows unchanged.</summary>
    internal static async Task<DatabaseSchema> ReadTargetAsync(NpgsqlConnection connection, SwarmDatabase database, CancellationToken cancellationToken)
    {
        await CheckEncodingAsync(connection, database, cancellationToken);
        var schema = await PostgresSchemaReader.ReadAsync(connection, database, countRows: false, cancellationToken);
        SchemaCompatibility.CheckTarget(schema);
        if (schema.Triggers.Count > 0) throw Errors.TargetHasTriggers(schema);
        return schema;
    }

    /// <summary>Reads the table's schema and refuses one whose rows would be changed by reading.</summary>
    internal static async Task<DatabaseSchema> ReadSourceAsync(NpgsqlConnection connection, SwarmDatabase database, CancellationToken cancellationToken)
    {
        await CheckEncodingAsync(connection, database, cancellationToken);
        // A policy that hides rows from this user then is an error, where it would be fewer rows.
        await using (var command = new NpgsqlCommand("SET row_security = off", connection)) await command.ExecuteNonQueryAsync(cancellationToken);
        var schema = await PostgresSchemaReader.ReadAsync(connection, database, countRows: false, cancellationToken);
        SchemaCompatibility.CheckSource(schema);
        return schema;
    }

    /// <summary>
    ///   Has the session compress long values by lz4, several times faster than pglz with rows like the application's; not every server is
    ///   built with it.
    /// </summary>
    internal static async Task UseLz4Async(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "SELECT set_config(name, 'lz4', false) FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)", connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    internal static async Task CheckEncodingAsync(NpgsqlConnection connection, SwarmDatabase database, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SHOW server_encoding", connection);
        var encoding = (string)(await command.ExecuteScalarAsync(cancellationToken))!;
        if (encoding != "UTF8") throw Errors.ServerEncodingNotUtf8(database, encoding);
    }
}
