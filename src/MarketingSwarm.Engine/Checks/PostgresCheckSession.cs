using System.Data;
using System.Diagnostics;
using MarketingSwarm.Engine.Postgres;
using MarketingSwarm.Engine.Schemas;
using Npgsql;

namespace MarketingSwarm.Engine.Checks;

/// <summary>Looks at a PostgreSQL database.</summary>
/// <remarks>
///   Every statement runs in a READ ONLY transaction with its timeouts set by SET LOCAL: the server itself refuses a write, and behind
///   a transaction-pooling proxy no setting stays on a session that the application gets next.
/// </remarks>
internal sealed class PostgresCheckSession : ICheckSession
{
    /// <summary>The oldest line that the PostgreSQL project still maintains (https://www.postgresql.org/support/versioning/: 14 ended in November 2026).</summary>
    internal const int OldestVersion = 15;

    private const string TableQuery = """
        SELECT n.nspname, c.relname, c.relkind IN ('r', 'p')
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid = to_regclass($1)
        """;

    // Neither to_regclass nor the privilege functions take a lock on the table: they read the catalog's cache.
    private const string PrivilegeQuery = """
        SELECT has_table_privilege(c.oid, 'SELECT'), has_table_privilege(c.oid, 'INSERT'), has_table_privilege(c.oid, 'UPDATE'), has_table_privilege(c.oid, 'DELETE'),
               pg_is_in_recovery(), current_setting('default_transaction_read_only')::boolean, row_security_active(c.oid), current_user
        FROM pg_class c WHERE c.oid = to_regclass($1)
        """;

    // Without pg_read_all_stats a user sees of others' sessions whose they are, and not their kind; the server's own workers have no user.
    private const string BudgetQuery = """
        SELECT current_setting('max_connections')::int,
               current_setting('superuser_reserved_connections')::int + coalesce(current_setting('reserved_connections', true)::int, 0),
               count(a.pid)::int,
               r.rolconnlimit, (count(a.pid) FILTER (WHERE a.usesysid = r.oid))::int,
               d.datconnlimit, (count(a.pid) FILTER (WHERE a.datid = d.oid))::int
        FROM pg_roles r
        JOIN pg_database d ON d.datname = current_database()
        LEFT JOIN pg_stat_activity a
            ON a.pid <> pg_backend_pid() AND (a.backend_type = 'client backend' OR a.backend_type IS NULL AND a.usesysid IS NOT NULL)
        WHERE r.rolname = session_user
        GROUP BY r.oid, r.rolconnlimit, d.oid, d.datconnlimit
        """;

    private static readonly string[] Privileges = ["SELECT", "INSERT", "UPDATE", "DELETE"];

    private readonly NpgsqlConnection _connection;
    private readonly SwarmDatabase _database;
    private readonly DatabaseCheckOptions _options;
    private readonly string _limits;

    private PostgresCheckSession(NpgsqlConnection connection, SwarmDatabase database, DatabaseCheckOptions options)
    {
        _connection = connection;
        _database = database;
        _options = options;
        _limits = FormattableString.Invariant($"""
            SET TRANSACTION READ ONLY;
            SET LOCAL statement_timeout = {(long)options.StatementTimeout.TotalMilliseconds};
            SET LOCAL lock_timeout = {(long)DatabaseCheckOptions.LockWait.TotalMilliseconds}
            """);
    }

    /// <inheritdoc/>
    public string Description { get; private set; } = "";

    /// <inheritdoc/>
    public string HealthCheckSql => "SELECT version()";

    /// <inheritdoc/>
    public bool IsOpen => _connection.State == ConnectionState.Open;

    /// <summary>Connects.</summary>
    /// <exception cref="SwarmDatabaseException">The server cannot be reached or refuses; its <see cref="SwarmDatabaseException.Failure"/> says why.</exception>
    internal static async Task<PostgresCheckSession> OpenAsync(SwarmDatabase database, DatabaseCheckOptions options, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var connection = await PostgresConnector.OpenAsync(database, cancellationToken);
        clock.Stop();
        var session = new PostgresCheckSession(connection, database, options);
        try
        {
            // Of an instance by its name the server sees its own front alone.
            if (database.InstanceConnectionName is not null)
            {
                session.Description = FormattableString.Invariant($"connected in {clock.Elapsed.TotalMilliseconds:0} ms as '{database.User}'");
                return session;
            }

            // A proxy's connection to the server may differ; this is what the server sees.
            var protection = await session.QueryAsync(
                "SELECT CASE WHEN ssl THEN version ELSE 'no TLS' END FROM pg_stat_ssl WHERE pid = pg_backend_pid()", null, row => row.GetString(0), cancellationToken);
            session.Description = FormattableString.Invariant(
                $"connected in {clock.Elapsed.TotalMilliseconds:0} ms as '{database.User}', {protection.FirstOrDefault() ?? "no TLS"}");
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<Finding> CheckVersionAsync(CancellationToken cancellationToken)
    {
        var (number, version, encoding) = (await QueryAsync(
            "SELECT current_setting('server_version_num')::int, current_setting('server_version'), current_setting('server_encoding')", null,
            row => (row.GetInt32(0), row.GetString(1), row.GetString(2)), cancellationToken))[0];
        var actual = $"PostgreSQL {version}, {encoding}";
        if (number / 10000 < OldestVersion)
            return new Finding(false, actual, FormattableString.Invariant($"Upgrade the server to PostgreSQL {OldestVersion} or later; older lines get no more fixes."));
        return encoding == "UTF8" ? new Finding(true, actual) : new Finding(false, actual, Errors.ServerEncodingNotUtf8(_database, encoding).RecommendedAction);
    }

    /// <inheritdoc/>
    public async Task<TableName> FindTableAsync(CancellationToken cancellationToken)
    {
        var tables = await QueryAsync(TableQuery, ConversationTable.Name, row => (Name: new TableName(row.GetString(0), row.GetString(1)), IsTable: row.GetBoolean(2)), cancellationToken);
        if (tables is [{ IsTable: true } table]) return table.Name;
        // Says what is wrong with the name.
        var schema = await ReadSchemaAsync(cancellationToken);
        return new TableName(schema.Schema, schema.Table);
    }

    /// <inheritdoc/>
    public Task<DatabaseSchema> ReadSchemaAsync(CancellationToken cancellationToken)
        => InTransactionAsync(() => PostgresSchemaReader.ReadAsync(_connection, _database, countRows: false, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async Task<Finding> CheckWritePrivilegeAsync(TableName table, CancellationToken cancellationToken)
    {
        var quoted = Quote(table);
        var rows = await QueryAsync(
            PrivilegeQuery, quoted,
            row => (Missing: Privileges.Where((_, i) => !row.GetBoolean(i)).ToArray(), IsReplica: row.GetBoolean(4), IsReadOnly: row.GetBoolean(5),
                HasRowSecurity: row.GetBoolean(6), User: row.GetString(7)),
            cancellationToken);
        // Dropped since it was found.
        if (rows is not [var found]) throw Errors.PostgresTableNotFound(_database);

        var user = SqlNames.QuoteIfNeeded(found.User);
        List<string> problems = [], actions = [];
        if (found.Missing.Length > 0)
        {
            var missing = string.Join(", ", found.Missing);
            problems.Add($"'{found.User}' lacks {missing}");
            actions.Add($"As the table's owner: GRANT {missing} ON {quoted} TO {user};");
        }

        if (found.IsReplica)
        {
            problems.Add("the server is a read replica");
            actions.Add("Name the primary server, or promote this one.");
        }
        else if (found.IsReadOnly)
        {
            // A replica reports this too where it is set; then promoting comes first.
            problems.Add("new transactions are read-only (default_transaction_read_only)");
            actions.Add($"Find where it is set (user, database, server) and take it back, such as: ALTER ROLE {user} RESET default_transaction_read_only;");
        }

        if (found.HasRowSecurity)
        {
            problems.Add($"row-level security applies to '{found.User}', so that rows may be hidden or refused");
            actions.Add($"Log in as the table's owner, or: ALTER ROLE {user} BYPASSRLS;");
        }

        return problems.Count == 0
            ? new Finding(true, $"'{found.User}' has all four on {table}")
            : new Finding(false, string.Join("; ", problems), string.Join(" ", actions));
    }

    /// <inheritdoc/>
    public async Task<string?> FindIdAsync(TableName table, CancellationToken cancellationToken)
    {
        var ids = await QueryAsync($"SELECT id::text FROM {Quote(table)} WHERE id IS NOT NULL LIMIT 1", null, row => row.GetString(0), cancellationToken);
        return ids.FirstOrDefault();
    }

    /// <inheritdoc/>
    public Task<TimeSpan> TimeAsync(string sql, string? id, CancellationToken cancellationToken) => InTransactionAsync(
        async () =>
        {
            var clock = Stopwatch.StartNew();
            await ReadAsync(sql, id, _ => { }, cancellationToken);
            return clock.Elapsed;
        },
        cancellationToken);

    /// <inheritdoc/>
    public async Task<ConnectionCounts?> ReadConnectionBudgetAsync(CancellationToken cancellationToken) => (await QueryAsync(
        BudgetQuery, null,
        row => new ConnectionCounts(
            row.GetInt32(0), row.GetInt32(1), row.GetInt32(2), GetLimit(row, 3), row.GetInt32(4), GetLimit(row, 5), row.GetInt32(6)),
        cancellationToken))[0];

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private Task<List<T>> QueryAsync<T>(string sql, string? parameter, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
        => InTransactionAsync(
            async () =>
            {
                var rows = new List<T>();
                await ReadAsync(sql, parameter, row => rows.Add(read(row)), cancellationToken);
                return rows;
            },
            cancellationToken);

    private async Task ReadAsync(string sql, string? parameter, Action<NpgsqlDataReader> read, CancellationToken cancellationToken)
    {
        await using var command = CreateCommand(sql);
        if (parameter is not null) command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = parameter });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken)) read(reader);
    }

    private async Task<T> InTransactionAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            await using var transaction = await _connection.BeginTransactionAsync(cancellationToken);
            await using (var limits = CreateCommand(_limits)) await limits.ExecuteNonQueryAsync(cancellationToken);
            var result = await work();
            await transaction.RollbackAsync(cancellationToken);
            return result;
        }
        catch (Exception exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Translate(exception);
        }
    }

    private NpgsqlCommand CreateCommand(string sql) => new(sql, _connection)
    {
        // The server's own timeouts come first; this one is for a server that answers no more.
        CommandTimeout = (int)Math.Ceiling(_options.StatementTimeout.TotalSeconds) + 5,
    };

    private Exception Translate(Exception exception) => exception switch
    {
        PostgresException { SqlState: PostgresErrorCodes.QueryCanceled } or NpgsqlException { InnerException: TimeoutException }
            => Errors.StatementTimeout(_database, _options.StatementTimeout, exception),
        _ => PostgresErrors.Translate(exception, _database),
    };

    private static string Quote(TableName table) => $"{SqlNames.QuoteIfNeeded(table.Schema)}.{SqlNames.QuoteIfNeeded(table.Table)}";

    private static int? GetLimit(NpgsqlDataReader row, int ordinal) => row.GetInt32(ordinal) is >= 0 and var limit ? limit : null;
}
