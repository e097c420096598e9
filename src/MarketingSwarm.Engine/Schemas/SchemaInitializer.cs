using MarketingSwarm.Engine.Postgres;
using MarketingSwarm.Engine.Sqlite;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace MarketingSwarm.Engine.Schemas;

/// <summary>Makes the table where there is none, and leaves one that is there as it is.</summary>
internal static class SchemaInitializer
{
    /// <summary>Looks what there is to do; changes nothing and makes no file.</summary>
    internal static async Task<SchemaPlan> PlanAsync(SwarmDatabase database, CancellationToken cancellationToken)
    {
        switch (database.Engine)
        {
            case DatabaseEngine.Sqlite:
                CheckFolder(database.Path!);
                if (!File.Exists(database.Path) && !Directory.Exists(database.Path) && !File.Exists(database.Path + "-wal")) return Plan(database, null);
                using (var connection = SqliteConnector.OpenRead(database, cancellationToken)) return PlanSqlite(connection, database);
            case DatabaseEngine.PostgreSql:
                await using (var connection = await PostgresConnector.OpenAsync(database, cancellationToken))
                    return await PlanPostgresAsync(connection, database, cancellationToken);
            default:
                throw Errors.ArchiveNotADatabase(database);
        }
    }

    /// <summary>Makes the table and its indexes in one transaction, unless another run was quicker.</summary>
    /// <returns>What was made.</returns>
    internal static async Task<SchemaPlan> ApplyAsync(SwarmDatabase database, CancellationToken cancellationToken) => database.Engine switch
    {
        DatabaseEngine.Sqlite => ApplyToSqlite(database, cancellationToken),
        DatabaseEngine.PostgreSql => await ApplyToPostgresAsync(database, cancellationToken),
        _ => throw Errors.ArchiveNotADatabase(database),
    };

    private static SchemaPlan ApplyToSqlite(SwarmDatabase database, CancellationToken cancellationToken)
    {
        CheckFolder(database.Path!);
        using var connection = SqliteConnector.OpenWrite(database, create: true, cancellationToken);
        return SqliteSchemaUpdater.RunInTransaction(connection, database, () => PlanSqlite(connection, database), cancellationToken);
    }

    private static async Task<SchemaPlan> ApplyToPostgresAsync(SwarmDatabase database, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await PostgresConnector.OpenAsync(database, cancellationToken);
            await using var transaction = await PostgresSchemaUpdater.BeginAsync(connection, cancellationToken);
            var plan = await PlanPostgresAsync(connection, database, cancellationToken);
            foreach (var statement in plan.Needed.SelectMany(step => step.Statements))
                await PostgresSchemaUpdater.ExecuteAsync(connection, statement, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return plan;
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.DuplicateTable or PostgresErrorCodes.UniqueViolation)
        {
            // The application makes its table at its start and takes no lock of ours: it was quicker.
            var plan = await PlanAsync(database, cancellationToken);
            return plan.HasWork ? throw PostgresErrors.Translate(exception, database) : plan;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw Errors.TableNotCreated(database, exception.MessageText, exception.SqlState, exception);
        }
        catch (Exception exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.Translate(exception, database);
        }
    }

    private static SchemaPlan PlanSqlite(SqliteConnection connection, SwarmDatabase database)
    {
        var schema = SqliteSchemaReader.TryRead(connection, database, countRows: false);
        if (schema is null) SqliteTable.CheckEncoding(connection, database);
        return Plan(database, schema is null ? null : SqliteSchemaUpdater.ReadState(connection, schema));
    }

    private static async Task<SchemaPlan> PlanPostgresAsync(NpgsqlConnection connection, SwarmDatabase database, CancellationToken cancellationToken)
    {
        await PostgresTable.CheckEncodingAsync(connection, database, cancellationToken);
        var schema = await PostgresSchemaReader.TryReadAsync(connection, database, countRows: false, cancellationToken);
        return Plan(database, schema is null ? null : await PostgresSchemaUpdater.ReadStateAsync(connection, schema, cancellationToken));
    }

    private static SchemaPlan Plan(SwarmDatabase database, TableState? state)
    {
        if (state is not null) return PlanForExisting(state);
        var table = new SchemaStep { Kind = "Table", Name = ConversationTable.Name, Statements = [TableShape.GetCreateTable(database.Engine)] };
        var indexes = TableShape.IndexedColumns.Select(column => new SchemaStep
        {
            Kind = "Index",
            Name = TableShape.GetIndexName(column),
            Statements = [TableShape.GetCreateIndex(column)],
        });
        return new SchemaPlan([table, .. indexes], []);
    }

    private static SchemaPlan PlanForExisting(TableState state)
    {
        var warnings = new List<string>();
        var problems = SchemaCompatibility.FindProblems(state.Schema, isTarget: true).Where(problem => !problem.IsAddable).ToList();
        if (problems.Count > 0) warnings.Add(Errors.TargetTableUnsuitable(state.Schema, problems).Message);

        // Without an id, which cannot be added to rows, there is nothing to plan.
        var canPlan = !state.HasRows || state.Schema.FindColumn(ConversationTable.NameOf(ConversationColumn.Id)) is not null;
        var update = canPlan ? SchemaUpdatePlanner.Plan(state) : new SchemaPlan([], []);
        if (!canPlan) warnings.Add(Errors.KeyColumnNotAdded(state.Schema).Message);
        if (update.HasWork)
        {
            warnings.Add(
                $"The table {state.Schema.Schema}.{state.Schema.Table} was there already and is left as it is. It lacks "
                + $"{string.Join(", ", update.Needed.Select(step => step.Description))}; Update-SwarmDatabaseSchema adds that.");
        }

        var present = update.Steps.Where(step => step is { Kind: "Index", IsNeeded: false });
        return new SchemaPlan([new SchemaStep { Kind = "Table", Name = state.Schema.Table }, .. present], warnings);
    }

    private static void CheckFolder(string path)
    {
        if (Path.GetDirectoryName(path) is { Length: > 0 } folder && !Directory.Exists(folder)) throw Errors.SqliteFolderNotFound(path, folder);
    }
}
