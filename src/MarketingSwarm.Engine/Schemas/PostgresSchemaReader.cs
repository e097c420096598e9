using System.Globalization;
using MarketingSwarm.Engine.Postgres;
using Npgsql;

namespace MarketingSwarm.Engine.Schemas;

/// <summary>Reads what the table is from PostgreSQL's catalog (https://www.postgresql.org/docs/15/catalogs.html).</summary>
internal static class PostgresSchemaReader
{
    // The server's version decides whether some columns of the catalog exist; to_jsonb reads them where they do.
    private const string TableQuery = """
        SELECT c.oid, c.relkind, c.relpersistence, n.nspname, c.relname
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid = to_regclass($1)
        """;

    private const string ColumnQuery = """
        SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid, true),
               a.attgenerated <> '', a.attidentity <> '',
               CASE WHEN l.collname <> 'default' THEN l.collname END, coalesce(NOT l.collisdeterministic, false),
               (SELECT array_position(k.indkey::int2[], a.attnum) + 1 FROM pg_index k WHERE k.indrelid = a.attrelid AND k.indisprimary)
        FROM pg_attribute a
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        LEFT JOIN pg_collation l ON l.oid = a.attcollation
        WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped
        ORDER BY a.attnum
        """;

    private const string IndexQuery = """
        SELECT c.relname, i.indisunique, i.indisprimary, i.indisvalid AND i.indisready AND i.indislive, i.indimmediate, m.amname,
               coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false),
               pg_get_expr(i.indpred, i.indrelid, true), pg_get_indexdef(i.indexrelid, 0, true),
               ARRAY(SELECT pg_get_indexdef(i.indexrelid, n, true) FROM generate_series(i.indnkeyatts + 1, i.indnatts) n ORDER BY n)
        FROM pg_index i
        JOIN pg_class c ON c.oid = i.indexrelid
        JOIN pg_am m ON m.oid = c.relam
        WHERE i.indrelid = $1
        ORDER BY NOT i.indisprimary, c.relname COLLATE "C"
        """;

    private const string IndexKeyQuery = """
        SELECT c.relname, a.attname, pg_get_indexdef(i.indexrelid, n, true),
               CASE WHEN l.collname <> 'default' THEN l.collname END, i.indoption[n - 1]::int4,
               CASE WHEN NOT o.opcdefault THEN o.opcname END, i.indcollation[n - 1] <> coalesce(a.attcollation, 0)
        FROM pg_index i
        JOIN pg_class c ON c.oid = i.indexrelid
        CROSS JOIN LATERAL generate_series(1, i.indnkeyatts) n
        JOIN pg_opclass o ON o.oid = i.indclass[n - 1]
        LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[n - 1] AND a.attnum > 0
        LEFT JOIN pg_collation l ON l.oid = i.indcollation[n - 1]
        WHERE i.indrelid = $1
        ORDER BY i.indexrelid, n
        """;

    // A deferrable key is more than its index tells.
    private const string ConstraintQuery = """
        SELECT format('CONSTRAINT %I %s', conname, pg_get_constraintdef(oid, true))
        FROM pg_constraint WHERE conrelid = $1 AND (contype IN ('c', 'f', 'x') OR contype IN ('p', 'u') AND condeferrable)
        ORDER BY contype, conname COLLATE "C"
        """;

    private const string TriggerQuery = """
        SELECT tgname::text FROM pg_trigger
        WHERE tgrelid IN (SELECT relid FROM pg_partition_tree($1::regclass) UNION SELECT $1) AND NOT tgisinternal AND tgenabled <> 'D'
        GROUP BY tgname ORDER BY tgname::text COLLATE "C"
        """;

    private const int Descending = 1;
    private const int NullsFirst = 2;

    /// <summary>Reads the table that the connection's search path finds.</summary>
    /// <exception cref="SwarmDatabaseException">There is no such table, or the server refuses.</exception>
    /// <exception cref="SwarmSchemaException">The name is a view's or a foreign table's.</exception>
    internal static async Task<DatabaseSchema> ReadAsync(
        NpgsqlConnection connection, SwarmDatabase database, bool countRows, CancellationToken cancellationToken)
        => await TryReadAsync(connection, database, countRows, cancellationToken) ?? throw Errors.PostgresTableNotFound(database);

    /// <summary>As <see cref="ReadAsync"/>; <see langword="null"/> where there is no table.</summary>
    internal static async Task<DatabaseSchema?> TryReadAsync(
        NpgsqlConnection connection, SwarmDatabase database, bool countRows, CancellationToken cancellationToken)
    {
        try
        {
            var tables = await QueryAsync(
                connection, TableQuery, ConversationTable.Name,
                row => (Id: row.GetFieldValue<uint>(0), Kind: row.GetChar(1), Persistence: row.GetChar(2), Schema: row.GetString(3), Name: row.GetString(4)),
                cancellationToken);
            if (tables is not [var table]) return null;
            if (table.Kind is not ('r' or 'p')) throw Errors.NotATable(database, $"{table.Schema}.{table.Name}", NameKind(table.Kind));

            var keys = await ReadIndexKeysAsync(connection, table.Id, cancellationToken);
            return new DatabaseSchema
            {
                Database = database,
                Schema = table.Schema,
                Table = table.Name,
                IsPartitioned = table.Kind == 'p',
                IsUnlogged = table.Persistence == 'u',
                Columns = await QueryAsync(connection, ColumnQuery, table.Id, ReadColumn, cancellationToken),
                // One made between the two queries has no keys yet, and is left for the next look.
                Indexes = [.. (await QueryAsync(connection, IndexQuery, table.Id, row => ReadIndex(row, keys), cancellationToken)).Where(index => index.Keys.Count > 0)],
                Constraints = await QueryAsync(connection, ConstraintQuery, table.Id, row => row.GetString(0), cancellationToken),
                Triggers = await QueryAsync(connection, TriggerQuery, table.Id, row => row.GetString(0), cancellationToken),
                RowCount = countRows ? await CountAsync(connection, table.Schema, table.Name, cancellationToken) : null,
            };
        }
        catch (Exception exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.Translate(exception, database);
        }
    }

    private static SchemaColumn ReadColumn(NpgsqlDataReader row)
    {
        var isGenerated = row.GetBoolean(4);
        return new SchemaColumn
        {
            Name = row.GetString(0),
            Type = row.GetString(1),
            IsNullable = !row.GetBoolean(2),
            Default = isGenerated ? null : GetText(row, 3),
            GenerationExpression = isGenerated ? GetText(row, 3) : null,
            IsGenerated = isGenerated,
            IsIdentity = row.GetBoolean(5),
            Collation = GetText(row, 6),
            HasNondeterministicCollation = row.GetBoolean(7),
            PrimaryKeyPosition = row.IsDBNull(8) ? null : row.GetInt32(8),
        };
    }

    private static SchemaIndex ReadIndex(NpgsqlDataReader row, ILookup<string, IndexKey> keys)
    {
        var name = row.GetString(0);
        return new SchemaIndex
        {
            Name = name,
            IsUnique = row.GetBoolean(1),
            IsPrimaryKey = row.GetBoolean(2),
            IsValid = row.GetBoolean(3),
            IsImmediate = row.GetBoolean(4),
            Method = row.GetString(5),
            NullsNotDistinct = row.GetBoolean(6),
            Condition = GetText(row, 7),
            Definition = row.GetString(8),
            IncludedColumns = row.GetFieldValue<string[]>(9),
            Columns = [.. keys[name].Select(key => key.Text)],
            Keys = [.. keys[name].Select(key => key.Part)],
        };
    }

    private static async Task<ILookup<string, IndexKey>> ReadIndexKeysAsync(NpgsqlConnection connection, uint table, CancellationToken cancellationToken)
    {
        var keys = await QueryAsync(connection, IndexKeyQuery, table, ReadIndexKey, cancellationToken);
        return keys.ToLookup(key => key.Index);
    }

    private static IndexKey ReadIndexKey(NpgsqlDataReader row)
    {
        var options = row.GetInt32(4);
        var part = new SchemaIndexKey
        {
            Column = GetText(row, 1),
            Expression = row.GetString(2),
            Collation = GetText(row, 3),
            IsDescending = (options & Descending) != 0,
            NullsFirst = (options & NullsFirst) != 0,
            OperatorClass = GetText(row, 5),
        };
        // An expression's own text has its collation already.
        var collation = part.Column is not null && row.GetBoolean(6) ? $" COLLATE \"{part.Collation ?? "default"}\"" : "";
        var operatorClass = part.OperatorClass is null ? "" : " " + part.OperatorClass;
        var nulls = part.NullsFirst == part.IsDescending ? "" : part.NullsFirst ? " NULLS FIRST" : " NULLS LAST";
        var text = $"{part.Column ?? part.Expression}{collation}{operatorClass}{(part.IsDescending ? " DESC" : "")}{nulls}";
        return new IndexKey(row.GetString(0), text, part);
    }

    private static async Task<long> CountAsync(NpgsqlConnection connection, string schema, string table, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT count(*) FROM {SqlNames.Quote(schema)}.{SqlNames.Quote(table)}", connection);
        return Convert.ToInt64(await command.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture);
    }

    private static async Task<List<T>> QueryAsync<TParameter, T>(
        NpgsqlConnection connection, string sql, TParameter parameter, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        // A name is text; a table's id is an oid.
        command.Parameters.Add(new NpgsqlParameter<TParameter>
        {
            TypedValue = parameter,
            NpgsqlDbType = parameter is uint ? NpgsqlTypes.NpgsqlDbType.Oid : NpgsqlTypes.NpgsqlDbType.Text,
        });
        var rows = new List<T>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken)) rows.Add(read(reader));
        return rows;
    }

    private static string? GetText(NpgsqlDataReader row, int ordinal) => row.IsDBNull(ordinal) ? null : row.GetString(ordinal);

    private static string NameKind(char kind) => kind switch
    {
        'v' => "a view",
        'm' => "a materialized view",
        'f' => "a foreign table",
        'S' => "a sequence",
        'c' => "a composite type",
        _ => "an index",
    };

    private readonly record struct IndexKey(string Index, string Text, SchemaIndexKey Part);
}
