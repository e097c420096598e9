using MarketingSwarm.Engine.Sqlite;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace MarketingSwarm.Engine.Schemas;

/// <summary>Adds to a SQLite table what it lacks, in one transaction.</summary>
internal static class SqliteSchemaUpdater
{
    internal static SchemaPlan Plan(SwarmDatabase database, CancellationToken cancellationToken)
    {
        using var connection = SqliteConnector.OpenRead(database, cancellationToken);
        return Plan(connection, database);
    }

    internal static SchemaPlan Apply(SwarmDatabase database, CancellationToken cancellationToken)
    {
        using var connection = SqliteConnector.OpenWrite(database, create: false, cancellationToken);
        return RunInTransaction(connection, database, () => Plan(connection, database), cancellationToken);
    }

    /// <summary>Plans under the write lock, and does what was planned: all of it or nothing.</summary>
    internal static SchemaPlan RunInTransaction(
        SqliteConnection connection, SwarmDatabase database, Func<SchemaPlan> makePlan, CancellationToken cancellationToken)
    {
        SqliteConnector.BeginWrite(connection, database, cancellationToken);
        // Not committed, the transaction is rolled back when the connection closes.
        using var registration = cancellationToken.Register(() => raw.sqlite3_interrupt(connection.Handle!));
        try
        {
            var plan = makePlan();
            foreach (var statement in plan.Needed.SelectMany(step => step.Statements)) Execute(connection, statement);
            // Waits for readers as long as for a lock.
            Execute(connection, "COMMIT");
            return plan;
        }
        catch (Exception exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw SqliteErrors.Translate(exception, database);
        }
    }

    internal static TableState ReadState(SqliteConnection connection, DatabaseSchema schema)
    {
        try
        {
            var hasRows = Query(connection, $"SELECT 1 FROM main.{SqlNames.Quote(schema.Table)} LIMIT 1").Count > 0;
            return new TableState(schema, hasRows, Query(connection, "SELECT name FROM sqlite_master").ToHashSet(StringComparer.OrdinalIgnoreCase));
        }
        catch (Exception exception)
        {
            throw SqliteErrors.Translate(exception, schema.Database);
        }
    }

    private static SchemaPlan Plan(SqliteConnection connection, SwarmDatabase database)
    {
        var schema = SqliteSchemaReader.Read(connection, database, countRows: false);
        var plan = SchemaUpdatePlanner.Plan(ReadState(connection, schema));
        if (plan.Needed.Any(step => step.Kind == "Key") && schema.FindColumn("id") is not null) CheckKeyValues(connection, schema);
        return plan;
    }

    // quote() shows the storage class: '1' and 1 and X'31' are three ids.
    private static void CheckKeyValues(SqliteConnection connection, DatabaseSchema schema)
    {
        try
        {
            var duplicates = Query(connection, """
                SELECT substr(quote(id), 1, 60) FROM main.conversations WHERE id IS NOT NULL
                GROUP BY id COLLATE BINARY HAVING count(*) > 1 ORDER BY id COLLATE BINARY LIMIT 6
                """);
            var name = schema.IsWithoutRowId ? "'a row'" : "'rowid ' || rowid";
            var missing = Query(connection, $"SELECT {name} FROM main.conversations WHERE id IS NULL LIMIT 6");
            if (duplicates.Count + missing.Count > 0) throw Errors.KeyNotUnique(schema, duplicates, missing);
        }
        catch (Exception exception)
        {
            throw SqliteErrors.Translate(exception, schema.Database);
        }
    }

    private static List<string> Query(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var values = new List<string>();
        while (reader.Read()) values.Add(reader.GetFieldValue<string>(0));
        return values;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
