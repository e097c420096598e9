using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using MarketingSwarm.Engine.Postgres;
using MarketingSwarm.Engine.Schemas;
using Npgsql;

namespace MarketingSwarm.Engine.Backups;

/// <summary>A PostgreSQL database about to be backed up by pg_dump, as it is when it is opened: a transaction keeps that state and its rows are counted in it.</summary>
internal sealed class PostgresBackup : IDisposable
{
    private const string Extension = ".dump";

    private readonly SwarmDatabase _database;
    private readonly NpgsqlConnection _connection;
    private readonly bool _isTableOnly;

    private PostgresBackup(SwarmDatabase database, NpgsqlConnection connection, bool isTableOnly)
    {
        _database = database;
        _connection = connection;
        _isTableOnly = isTableOnly;
    }

    /// <summary>The table with its schema, quoted; <see langword="null"/> where there is none.</summary>
    internal string? Table { get; private set; }

    /// <summary>The bytes of the tables on the server, which their archive hardly exceeds.</summary>
    internal long Length { get; private set; }

    /// <summary>The programs that make the backup.</summary>
    internal DumpPrograms Programs { get; private set; } = null!;

    /// <summary>Looks at the database and finds the programs. Nothing is written.</summary>
    /// <param name="database">The database.</param>
    /// <param name="isTableOnly">Whether the application's table alone is backed up, which the user then need only be able to read.</param>
    /// <param name="needsTable">Whether it is an error where there is no table.</param>
    /// <param name="folders">Where to look for the programs; <see langword="null"/> for the usual places.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="SwarmException">The server cannot be reached, there is no table, or there are no programs.</exception>
    internal static async Task<PostgresBackup> OpenAsync(
        SwarmDatabase database, bool isTableOnly, bool needsTable, IEnumerable<string>? folders, CancellationToken cancellationToken)
    {
        var connection = await PostgresConnector.OpenAsync(database, cancellationToken);
        var backup = new PostgresBackup(database, connection, isTableOnly);
        try
        {
            backup.Programs = await DumpPrograms.FindAsync(connection.PostgreSqlVersion.Major, folders ?? DumpPrograms.GetUsualFolders(), cancellationToken);
            await backup.LookAsync(needsTable, cancellationToken);
            return backup;
        }
        catch (Exception exception)
        {
            backup.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.Translate(exception, database);
        }
    }

    /// <summary>Makes the backup.</summary>
    /// <exception cref="SwarmDatabaseException">pg_dump fails, there is no room, or pg_restore cannot read the archive. Nothing is left then.</exception>
    internal async Task<DatabaseBackup> CompleteAsync(string folder, BackupPurpose purpose, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        using var file = BackupFile.Create(folder, Length);
        try
        {
            await ExecuteAsync("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", cancellationToken);
            var snapshot = (string)(await ReadAsync("SELECT pg_export_snapshot()", cancellationToken))!;
            var manifest = BackupStore.Begin(_database, purpose, DateTime.UtcNow) with
            {
                IsTableOnly = _isTableOnly,
                Rows = Table is null ? null : (long)(await ReadAsync($"SELECT count(*) FROM {Table}", cancellationToken))!,
                SchemaSha256 = await HashSchemaAsync(cancellationToken),
                EngineVersion = _connection.PostgreSqlVersion.ToString(),
            };
            string[] scope = _isTableOnly ? ["--table", Table!] : [];
            const string Consequence = "No backup was made.";
            await Programs.RunAsync(
                DumpPrograms.Dump, _database, serverOptions: null,
                ["--format=custom", "--no-password", "--snapshot", snapshot, "--file", file.PartPath, .. scope], Consequence, cancellationToken);
            await ExecuteAsync("COMMIT", cancellationToken);
            await ListAsync(Programs, _database, file.PartPath, Consequence, cancellationToken);
            var (path, complete) = file.Complete(manifest, BackupStore.GetName(_database), Extension, cancellationToken);
            return BackupStore.Describe(path, complete, duration: Stopwatch.GetElapsedTime(started));
        }
        catch (Exception exception) when (exception is NpgsqlException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.Translate(exception, _database);
        }
    }

    /// <summary>Has pg_restore read an archive's table of contents.</summary>
    /// <exception cref="SwarmDatabaseException">It cannot.</exception>
    internal static async Task ListAsync(DumpPrograms programs, SwarmDatabase database, string path, string consequence, CancellationToken cancellationToken)
    {
        var list = await programs.RunAsync(DumpPrograms.Restore, database, serverOptions: null, ["--list", path], consequence, cancellationToken);
        if (!list.Contains("; Archive created at", StringComparison.Ordinal)) throw Errors.BackupNotOpened(DumpPrograms.Restore, "it lists no contents");
    }

    /// <summary>The rows of the table now; <see langword="null"/> where there is none.</summary>
    internal static async Task<long?> CountRowsAsync(SwarmDatabase database, CancellationToken cancellationToken)
    {
        using var backup = new PostgresBackup(database, await PostgresConnector.OpenAsync(database, cancellationToken), isTableOnly: true);
        try
        {
            await backup.LookAsync(needsTable: false, cancellationToken);
            return backup.Table is null ? null : (long)(await backup.ReadAsync($"SELECT count(*) FROM {backup.Table}", cancellationToken))!;
        }
        catch (NpgsqlException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.Translate(exception, database);
        }
    }

    public void Dispose() => _connection.Dispose();

    private async Task LookAsync(bool needsTable, CancellationToken cancellationToken)
    {
        // A policy that hides rows from this user then is an error, where it would be fewer rows; pg_dump does the same.
        await ExecuteAsync("SET row_security = off", cancellationToken);
        try
        {
            var schema = await PostgresSchemaReader.ReadAsync(_connection, _database, countRows: false, cancellationToken);
            Table = PostgresTable.GetQualifiedName(schema);
        }
        catch (SwarmDatabaseException missing) when (!needsTable && missing.Failure == SwarmDatabaseFailure.TableNotFound)
        {
            // There is nothing to count.
        }

        var of = _isTableOnly && Table is not null ? $"= '{Table.Replace("'", "''", StringComparison.Ordinal)}'::regclass" : "IN (SELECT oid FROM pg_class WHERE relkind IN ('r', 'm') AND relnamespace::regnamespace::text !~ '^(pg_|information_schema)')";
        Length = (long)(await ReadAsync($"SELECT coalesce(sum(pg_table_size(oid)), 0)::bigint FROM pg_class WHERE oid {of}", cancellationToken))!;
    }

    // Each column in its place: name, type, whether it may be NULL, default or generation, collation.
    private async Task<string> HashSchemaAsync(CancellationToken cancellationToken)
    {
        var text = Table is null ? "" : (string)(await ReadAsync(
            $"""
            SELECT string_agg(concat_ws(chr(31), a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated, pg_get_expr(d.adbin, d.adrelid), a.attcollation::regcollation), chr(30) ORDER BY a.attnum)
            FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            WHERE a.attrelid = '{Table.Replace("'", "''", StringComparison.Ordinal)}'::regclass AND a.attnum > 0 AND NOT a.attisdropped
            """,
            cancellationToken))!;
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<object?> ReadAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        return await command.ExecuteScalarAsync(cancellationToken);
    }
}
