using MarketingSwarm.Engine.Conversations;
using MarketingSwarm.Engine.Conversion;
using MarketingSwarm.Engine.Migration;
using MarketingSwarm.Engine.Schemas;
using Npgsql;

namespace MarketingSwarm.Engine.Postgres;

/// <summary>Loads rows into a PostgreSQL table by COPY, all in one transaction, the residue of what is not stored as it was included.</summary>
internal sealed class PostgresConversationWriter : IConversationWriter
{
    private const string StagingTable = "pg_temp.swarm_import";
    private const string StagingKey = "swarm_import_key";

    private readonly SwarmDatabase _database;
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;
    private readonly string _table;
    private readonly DatabaseSchema _schema;
    private readonly ConflictAction _onConflict;
    private readonly ImportRun _run;
    private readonly ChunkCopier _copier;
    private readonly CopySender _sender;
    private bool _isDisposed;

    private PostgresConversationWriter(
        SwarmDatabase database, NpgsqlConnection connection, NpgsqlTransaction transaction, DatabaseSchema schema, ImportOptions options)
    {
        _database = database;
        _connection = connection;
        _transaction = transaction;
        _table = PostgresTable.GetQualifiedName(schema);
        _schema = schema;
        _onConflict = options.OnConflict;
        // Keys stay as they are: rows come one by one, and nobody can say which others would have the same.
        var settings = ConversionSettings.ForTarget(schema);
        _run = new ImportRun(database, connection, schema, settings, options.Source);
        _copier = new ChunkCopier(database, connection, IsStaged ? StagingTable : _table, settings, _run.RunId, _run.BeginAsync);
        _sender = new CopySender(_copier, settings, options);
    }

    private bool IsStaged => _onConflict != ConflictAction.Fail;

    /// <summary>Connects, checks that the table can hold the rows, and begins the transaction.</summary>
    internal static async Task<PostgresConversationWriter> OpenAsync(
        SwarmDatabase database, ImportOptions options, CancellationToken cancellationToken)
    {
        var connection = await PostgresConnector.OpenAsync(database, cancellationToken);
        try
        {
            var schema = await PostgresTable.ReadTargetAsync(connection, database, cancellationToken);
            // The count of new and changed rows comes from a system column, which such a table does not give.
            if (schema.IsPartitioned && options.OnConflict != ConflictAction.Fail) throw Errors.PartitionedTableNotMerged(schema, options.OnConflict);
            var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await PostgresTable.UseLz4Async(connection, cancellationToken);
            if (options.OnConflict != ConflictAction.Fail)
            {
                await ExecuteAsync(
                    connection,
                    $"CREATE TEMPORARY TABLE swarm_import ON COMMIT DROP AS SELECT {ConversationTable.ColumnList} FROM {PostgresTable.GetQualifiedName(schema)} WITH NO DATA",
                    cancellationToken);
            }

            return new PostgresConversationWriter(database, connection, transaction, schema, options);
        }
        catch (Exception exception)
        {
            await connection.DisposeAsync();
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.Translate(exception, database);
        }
    }

    /// <inheritdoc/>
    public void Write(Conversation row, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            _sender.Add(row, cancellationToken);
        }
        catch (PostgresException refused)
        {
            throw Explain(refused);
        }
        catch (Exception exception) when (exception is NpgsqlException or IOException)
        {
            throw PostgresErrors.Translate(exception, _database);
        }
    }

    /// <inheritdoc/>
    public async Task<WriteCounts> CommitAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using (cancellationToken.Register(_sender.Stop)) await _sender.CompleteAsync();
            cancellationToken.ThrowIfCancellationRequested();
            var sent = _sender.Counts;
            var (inserted, updated, dropped) = IsStaged ? await MergeAsync(sent, cancellationToken) : (await CountLoadedAsync(cancellationToken), 0, default);
            if (!IsStaged && inserted != sent.Loaded) throw Errors.RowsMissingAfterLoad(_database, sent.Loaded, inserted);
            var kept = sent - dropped;
            if (sent.Entries > 0) await _run.EndAsync(kept, dropped.Loaded, cancellationToken);
            await CommitTransactionAsync();
            return new WriteCounts(inserted, updated, dropped.Loaded, kept.Quarantined, kept.CellsConverted, kept.CellsQuarantined);
        }
        catch (PostgresException refused) when (!cancellationToken.IsCancellationRequested)
        {
            throw Explain(refused);
        }
        catch (Exception exception) when (exception is NpgsqlException or IOException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.Translate(exception, _database);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        _sender.DisposeAsync().AsTask().GetAwaiter().GetResult();
        // An open transaction is rolled back with its connection, also where the connection is broken.
        if (_sender.HasEnded) _connection.Dispose();
        else _ = CloseLaterAsync();
    }

    // The server still waits for another session and could not be told to stop; the user is not kept waiting with it.
    private async Task CloseLaterAsync()
    {
        await _sender.Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _connection.DisposeAsync();
    }

    private async Task CommitTransactionAsync()
    {
        try
        {
            // From here on a stop comes too late: either answer of the server is the truth, and it is waited for.
            await _transaction.CommitAsync(CancellationToken.None);
        }
        catch (Exception exception) when (exception is NpgsqlException and not PostgresException or IOException or PostgresException { SqlState: "57P01" or "57P02" })
        {
            throw Errors.CommitUnknown(_database, exception);
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    // Rows that this transaction inserted carry its number; a trigger that dropped one is seen here.
    private async Task<long> CountLoadedAsync(CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT count(*) FROM {_table} WHERE xmin = pg_current_xact_id()::xid", _connection);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    // What was dropped are the rows that the table kept as it had them, and their residue.
    private async Task<(long Inserted, long Updated, ChunkCounts Dropped)> MergeAsync(ChunkCounts sent, CancellationToken cancellationToken)
    {
        // Two rows of one id in the input leave no way to tell which is meant; the index refuses them.
        await ExecuteAsync(_connection, $"CREATE UNIQUE INDEX {StagingKey} ON {StagingTable} (id)", cancellationToken);
        await using (var count = new NpgsqlCommand($"SELECT count(*) FROM {StagingTable}", _connection))
        {
            var staged = (long)(await count.ExecuteScalarAsync(cancellationToken))!;
            if (staged != sent.Loaded) throw Errors.RowsMissingAfterLoad(_database, sent.Loaded, staged);
        }

        var rest = ConversationTable.ColumnNames[1..];
        var action = _onConflict == ConflictAction.Skip
            ? "DO NOTHING"
            : $"DO UPDATE SET {string.Join(", ", rest.Select(name => $"{name} = excluded.{name}"))} "
              + $"WHERE ({ListValues("target", rest)}) IS DISTINCT FROM ({ListValues("excluded", rest)})";
        // Where there is no residue its table may be missing.
        var hasResidue = sent.CellsConverted + sent.CellsQuarantined > 0;
        var drop = hasResidue
            ? $"""
                DELETE FROM {LedgerSchema.ResidueTable} AS residue
                WHERE run_id = $1 AND outcome <> '{nameof(CellOutcome.RowQuarantined)}'
                AND NOT EXISTS (SELECT FROM merged WHERE merged.id COLLATE "C" = residue.id COLLATE "C")
                RETURNING outcome
                """
            : "SELECT NULL AS outcome WHERE false";
        await using var merge = new NpgsqlCommand(
            $"""
            WITH merged AS (
                INSERT INTO {_table} AS target ({ConversationTable.ColumnList})
                SELECT {ConversationTable.ColumnList} FROM {StagingTable}
                ON CONFLICT (id) {action}
                RETURNING target.id, target.xmax = 0 AS is_new),
            dropped AS ({drop})
            SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new),
                (SELECT count(*) FROM dropped WHERE outcome = '{nameof(CellOutcome.Converted)}'),
                (SELECT count(*) FROM dropped WHERE outcome = '{nameof(CellOutcome.Quarantined)}')
            FROM merged
            """, _connection);
        if (hasResidue) merge.Parameters.Add(new NpgsqlParameter { Value = _run.RunId });
        (long Inserted, long Updated, ChunkCounts Dropped) counts;
        await using (var reader = await merge.ExecuteReaderAsync(cancellationToken))
        {
            await reader.ReadAsync(cancellationToken);
            var (inserted, updated) = (reader.GetInt64(0), reader.GetInt64(1));
            counts = (inserted, updated, new ChunkCounts(sent.Loaded - inserted - updated, 0, reader.GetInt64(2), reader.GetInt64(3)));
        }

        // One that was dropped on its way in would count as one that was there.
        await using var missing = new NpgsqlCommand(
            $"SELECT count(*) FROM {StagingTable} AS staged WHERE NOT EXISTS (SELECT FROM {_table} AS target WHERE target.id = staged.id)", _connection);
        var lost = (long)(await missing.ExecuteScalarAsync(cancellationToken))!;
        return lost == 0 ? counts : throw Errors.RowsMissingAfterLoad(_database, sent.Loaded, sent.Loaded - lost);
    }

    // Texts differ by their bytes, whatever the column's collation holds equal.
    private static string ListValues(string table, string[] columns) => string.Join(
        ", ", columns.Select(name => ConversationTable.IsText(name) ? $"{table}.{name} COLLATE \"C\"" : $"{table}.{name}"));

    private Exception Explain(PostgresException refused)
    {
        var id = FindRow(refused);
        return refused.SqlState switch
        {
            PostgresErrorCodes.UniqueViolation when IsKey(refused.ConstraintName) => Errors.DuplicateId(
                id, isInTable: refused.ConstraintName != StagingKey && id is not null && IsInTable(id), _database, refused),
            PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.NotNullViolation or PostgresErrorCodes.CheckViolation or PostgresErrorCodes.ForeignKeyViolation or PostgresErrorCodes.ExclusionViolation
                => Errors.ConstraintViolated(id, refused.MessageText, _database, refused.SqlState, refused),
            PostgresErrorCodes.ProgramLimitExceeded => Errors.IndexEntryTooLong(id, refused.MessageText, _database, refused.SqlState, refused),
            // A trigger's own words, or a value that an expression of the table cannot take.
            _ when id is not null && refused.SqlState is ['P', '0', ..] or ['2', '2', ..] => Errors.RowRefused(id, refused.MessageText, _database, refused.SqlState, refused),
            _ => PostgresErrors.Translate(refused, _database),
        };
    }

    private bool IsKey(string? name)
        => name == StagingKey || _schema.Indexes.Any(index => index.Name == name && SchemaCompatibility.IsKey(_schema, index));

    // A duplicate's id is in the detail, "Key (id)=(c-1) already exists.", and so is a row that breaks a CHECK, "Failing row contains (c-1, …)".
    private string? FindRow(PostgresException refused)
    {
        if (PostgresPatterns.DuplicateKey().Match(refused.Detail ?? "") is { Success: true } key) return key.Groups[1].Value;
        if (IsStaged && _schema.Columns[0].Name == ConversationTable.NameOf(ConversationColumn.Id)
            && PostgresPatterns.FailingRow().Match(refused.Detail ?? "") is { Success: true } row)
        {
            return row.Groups[1].Value;
        }

        return _copier.RefusedRow;
    }

    private bool IsInTable(string id)
    {
        try
        {
            _transaction.Rollback();
            using var command = new NpgsqlCommand($"SELECT EXISTS (SELECT FROM {_table} WHERE id = $1)", _connection) { Parameters = { new() { Value = id } } };
            return (bool)command.ExecuteScalar()!;
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException)
        {
            return false;
        }
    }
}
