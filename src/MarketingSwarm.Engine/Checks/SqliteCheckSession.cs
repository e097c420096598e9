using System.Diagnostics;
using MarketingSwarm.Engine.Schemas;
using MarketingSwarm.Engine.Sqlite;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace MarketingSwarm.Engine.Checks;

/// <summary>Looks at a SQLite file.</summary>
/// <remarks>
///   SQLite has the file open read-only, and each look is a read transaction of its own that ends at once: one held for long would make
///   the application's writes fail with "database is locked".
/// </remarks>
internal sealed class SqliteCheckSession : ICheckSession
{
    // What SQLite writes beside the file: https://www.sqlite.org/tempfiles.html.
    private static readonly string[] CompanionSuffixes = ["-journal", "-wal", "-shm"];

    private readonly SqliteConnection _connection;
    private readonly SwarmDatabase _database;
    private readonly DatabaseCheckOptions _options;

    private SqliteCheckSession(SqliteConnection connection, SwarmDatabase database, DatabaseCheckOptions options, TimeSpan opening)
    {
        _connection = connection;
        _database = database;
        _options = options;
        Description = FormattableString.Invariant($"opened read-only in {opening.TotalMilliseconds:0} ms");
    }

    /// <inheritdoc/>
    public string Description { get; }

    /// <inheritdoc/>
    public string HealthCheckSql => "SELECT sqlite_version()";

    /// <inheritdoc/>
    public bool IsOpen => true;

    /// <summary>Opens the file.</summary>
    /// <exception cref="SwarmDatabaseException">The file is missing, not a database, cut off, damaged or locked.</exception>
    internal static SqliteCheckSession Open(SwarmDatabase database, DatabaseCheckOptions options, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var connection = SqliteConnector.OpenRead(database, cancellationToken);
        clock.Stop();
        _ = raw.sqlite3_exec(connection.Handle, "COMMIT");
        return new SqliteCheckSession(connection, database, options, clock.Elapsed);
    }

    /// <inheritdoc/>
    public Task<Finding> CheckVersionAsync(CancellationToken cancellationToken) => InTransaction(
        () =>
        {
            var encoding = GetScalar("PRAGMA encoding");
            var note = encoding == SqliteTable.Utf8 ? "" : " (can be read, not written)";
            return new Finding(true, $"SQLite {GetScalar("SELECT sqlite_version()")} reads it; {encoding}{note}, journal mode {GetScalar("PRAGMA journal_mode")}");
        },
        cancellationToken);

    /// <inheritdoc/>
    public async Task<TableName> FindTableAsync(CancellationToken cancellationToken)
    {
        var schema = await ReadSchemaAsync(cancellationToken);
        return new TableName(schema.Schema, schema.Table);
    }

    /// <inheritdoc/>
    public Task<DatabaseSchema> ReadSchemaAsync(CancellationToken cancellationToken)
        => InTransaction(() => SqliteSchemaReader.Read(_connection, _database, countRows: false), cancellationToken);

    /// <inheritdoc/>
    public Task<Finding> CheckWritePrivilegeAsync(TableName table, CancellationToken cancellationToken)
    {
        var path = _database.Path!;
        var folder = Path.GetDirectoryName(path)!;
        var refused = CompanionSuffixes.Select(suffix => path + suffix).Where(File.Exists).Prepend(path).Where(file => !FileAccessCheck.CanWriteFile(file)).ToList();
        if (!FileAccessCheck.CanWriteFolder(folder)) refused.Add(folder);
        return Task.FromResult(refused.Count == 0
            ? new Finding(true, "the file and its folder can be written")
            : new Finding(
                false, $"{string.Join(", ", refused.Select(name => $"'{name}'"))} cannot be written by '{Environment.UserName}'",
                Errors.SqliteReadOnly(path).RecommendedAction));
    }

    /// <inheritdoc/>
    public Task<string?> FindIdAsync(TableName table, CancellationToken cancellationToken) => InTransaction(
        () => GetScalar($"SELECT id FROM {SqlNames.Quote(table.Table)} WHERE typeof(id) = 'text' LIMIT 1"), cancellationToken);

    /// <inheritdoc/>
    public Task<TimeSpan> TimeAsync(string sql, string? id, CancellationToken cancellationToken) => InTransaction(
        () =>
        {
            var clock = Stopwatch.StartNew();
            using var command = new SqliteCommand(sql, _connection);
            if (id is not null) command.Parameters.AddWithValue("$1", id);
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                // A long text is read from its pages only when it is asked for.
                for (var i = 0; i < reader.FieldCount; i++) _ = raw.sqlite3_column_blob(reader.Handle, i).Length;
            }

            return clock.Elapsed;
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<ConnectionCounts?> ReadConnectionBudgetAsync(CancellationToken cancellationToken) => Task.FromResult<ConnectionCounts?>(null);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private Task<T> InTransaction<T>(Func<T> work, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            SqliteConnector.BeginRead(_connection, _database, cancellationToken);
            limit.CancelAfter(_options.StatementTimeout);
            using (limit.Token.Register(() => raw.sqlite3_interrupt(_connection.Handle))) return Task.FromResult(work());
        }
        catch (Exception exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var translated = SqliteErrors.Translate(exception, _database);
            throw translated is OperationCanceledException ? Errors.StatementTimeout(_database, _options.StatementTimeout, translated) : translated;
        }
        finally
        {
            // Nothing to end where beginning failed; SQLite says so and nothing else happens.
            _ = raw.sqlite3_exec(_connection.Handle, "ROLLBACK");
        }
    }

    private string? GetScalar(string sql)
    {
        using var command = new SqliteCommand(sql, _connection);
        return command.ExecuteScalar() as string;
    }
}
