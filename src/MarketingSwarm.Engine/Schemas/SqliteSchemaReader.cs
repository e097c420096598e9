using System.Globalization;
using MarketingSwarm.Engine.Sqlite;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace MarketingSwarm.Engine.Schemas;

/// <summary>Reads what the table is from SQLite's pragmas and from the statements that sqlite_master keeps.</summary>
internal static class SqliteSchemaReader
{
    private const string TableQuery = """
        SELECT l.name, l.type, l.wr, m.sql
        FROM pragma_table_list l LEFT JOIN sqlite_master m ON m.name = l.name AND m.type IN ('table', 'view')
        WHERE l.schema = 'main' AND l.name = $1 COLLATE NOCASE
        """;

    private const string ColumnQuery = "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo($1) ORDER BY cid";

    private const string IndexQuery = """
        SELECT i.name, i."unique", i.origin, m.sql
        FROM pragma_index_list($1) i LEFT JOIN sqlite_master m ON m.name = i.name AND m.type = 'index'
        ORDER BY i.origin <> 'pk', i.name
        """;

    private const string IndexKeyQuery = "SELECT name, \"desc\", coll FROM pragma_index_xinfo($1) WHERE key ORDER BY seqno";

    private const string TriggerQuery = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = $1 COLLATE NOCASE ORDER BY name";

    private const string DefaultCollation = "BINARY";

    /// <summary>Reads the table.</summary>
    /// <exception cref="SwarmDatabaseException">There is no such table, or the file is damaged or locked.</exception>
    /// <exception cref="SwarmSchemaException">The name is a view's or a virtual table's.</exception>
    internal static DatabaseSchema Read(SqliteConnection connection, SwarmDatabase database, bool countRows)
        => TryRead(connection, database, countRows) ?? throw Errors.SqliteTableNotFound(database);

    /// <summary>As <see cref="Read"/>; <see langword="null"/> where there is no table.</summary>
    internal static DatabaseSchema? TryRead(SqliteConnection connection, SwarmDatabase database, bool countRows)
    {
        try
        {
            var tables = Query(
                connection, TableQuery, ConversationTable.Name,
                row => (Name: Text(row, 0)!, Kind: Text(row, 1)!, IsWithoutRowId: row.GetBoolean(2), Sql: Text(row, 3)));
            if (tables is not [var table]) return null;
            if (table.Kind != "table") throw Errors.NotATable(database, table.Name, table.Kind == "view" ? "a view" : $"a {table.Kind} table");

            var body = SqliteDefinition.OfTable(table.Sql!);
            return new DatabaseSchema
            {
                Database = database,
                Schema = "main",
                Table = table.Name,
                IsWithoutRowId = table.IsWithoutRowId,
                Definition = table.Sql,
                Columns = Query(connection, ColumnQuery, table.Name, row => ReadColumn(row, connection, table.Name, body)),
                Indexes = Query(connection, IndexQuery, table.Name, row => ReadIndex(row, connection, table.Name)),
                Constraints = body.Constraints,
                Triggers = Query(connection, TriggerQuery, table.Name, row => Text(row, 0)!),
                RowCount = countRows ? Count(connection, table.Name) : null,
            };
        }
        catch (Exception exception)
        {
            throw SqliteErrors.Translate(exception, database);
        }
    }

    private static SchemaColumn ReadColumn(SqliteDataReader row, SqliteConnection connection, string table, SqliteTableBody body)
    {
        var name = Text(row, 0)!;
        var position = row.GetInt32(4);
        return new SchemaColumn
        {
            Name = name,
            Type = Text(row, 1)!,
            IsNullable = !row.GetBoolean(2),
            Default = Text(row, 3),
            PrimaryKeyPosition = position == 0 ? null : position,
            Collation = ReadCollation(connection, table, name) is var collation && IsDefault(collation) ? null : collation,
            // 2 is a virtual generated column, 3 a stored one.
            IsGenerated = row.GetInt32(5) is 2 or 3,
            GenerationExpression = body.FindGenerationExpression(name),
        };
    }

    private static SchemaIndex ReadIndex(SqliteDataReader row, SqliteConnection connection, string table)
    {
        var name = Text(row, 0)!;
        var definition = Text(row, 3);
        var statement = definition is null ? null : SqliteDefinition.OfIndex(definition);
        var keys = Query(connection, IndexKeyQuery, name, key => (Column: Text(key, 0), IsDescending: key.GetBoolean(1), Collation: Text(key, 2)!));
        var parts = keys.Select((key, position) => new SchemaIndexKey
        {
            Column = key.Column,
            Expression = key.Column ?? statement!.Keys[position],
            Collation = IsDefault(key.Collation) ? null : key.Collation,
            IsDescending = key.IsDescending,
            // NULL is less than every value in SQLite.
            NullsFirst = !key.IsDescending,
        }).ToList();
        return new SchemaIndex
        {
            Name = name,
            IsUnique = row.GetBoolean(1),
            IsPrimaryKey = Text(row, 2) == "pk",
            Condition = statement?.Condition,
            Definition = definition,
            Columns = [.. parts.Select(part => Describe(part, connection, table))],
            Keys = parts,
        };
    }

    private static string Describe(SchemaIndexKey part, SqliteConnection connection, string table)
    {
        var direction = part.IsDescending ? " DESC" : "";
        if (part.Column is null) return part.Expression + direction;
        var own = ReadCollation(connection, table, part.Column);
        var collation = string.Equals(own, part.Collation ?? DefaultCollation, StringComparison.OrdinalIgnoreCase) ? "" : $" COLLATE {part.Collation ?? DefaultCollation}";
        return part.Column + collation + direction;
    }

    private static bool IsDefault(string collation) => string.Equals(collation, DefaultCollation, StringComparison.OrdinalIgnoreCase);

    // No pragma tells a column's collation.
    private static string ReadCollation(SqliteConnection connection, string table, string column)
        => raw.sqlite3_table_column_metadata(connection.Handle!, "main", table, column, out _, out var collation, out _, out _, out _) == raw.SQLITE_OK
            && collation is { Length: > 0 }
                ? collation
                : DefaultCollation;

    private static long Count(SqliteConnection connection, string table)
    {
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT count(*) FROM main.{SqlNames.Quote(table)}";
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    private static List<T> Query<T>(SqliteConnection connection, string sql, string parameter, Func<SqliteDataReader, T> read)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.Parameters.AddWithValue("$1", parameter);
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read()) rows.Add(read(reader));
        return rows;
    }

    private static string? Text(SqliteDataReader row, int ordinal) => row.IsDBNull(ordinal) ? null : row.GetFieldValue<string>(ordinal);
}
