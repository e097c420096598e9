using System.Runtime.CompilerServices;
using MarketingSwarm.Engine.Schemas;

namespace MarketingSwarm.Engine.Checks;

/// <summary>Looks at a database the way its application will use it. Each check is given as soon as it is made; nothing is changed.</summary>
/// <remarks>What is wrong is a check that did not pass. Only the names that the user gave, and Ctrl+C, end in an exception.</remarks>
internal sealed class DatabaseChecker
{
    private const string Reachable = "Reachable";
    private const string Version = "Version";
    private const string Table = "Table";
    private const string Columns = "Columns";
    private const string Indexes = "Indexes";
    private const string WritePrivilege = "WritePrivilege";
    private const string Latency = "Latency";
    private const string PoolHeadroom = "PoolHeadroom";
    private const string NoTable = "there is no table";
    private const string AddMissing = "Add what is missing with Update-SwarmDatabaseSchema; it drops and narrows nothing.";

    private readonly SwarmDatabase _database;
    private readonly DatabaseCheckOptions _options;
    private TableName? _table;
    private string _notReached = Reachable;
    private DatabaseSchema? _schema;

    /// <exception cref="SwarmConfigurationException">The database is an archive, or the endpoint is no address of a web server.</exception>
    internal DatabaseChecker(SwarmDatabase database, DatabaseCheckOptions options)
    {
        if (database.Engine == DatabaseEngine.Archive) throw Errors.ArchiveNotADatabase(database);
        if (options.Endpoint is { } endpoint) EndpointProbe.Validate(endpoint);
        _database = database;
        _options = options;
    }

    private bool IsPostgres => _database.Engine == DatabaseEngine.PostgreSql;

    /// <summary>Makes the checks in the order in which they depend on each other.</summary>
    internal async IAsyncEnumerable<DatabaseCheck> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? failedStep = null;
        if (_database.InstanceConnectionName is not null)
        {
            await foreach (var step in new CloudSqlPath(_database).WalkAsync(cancellationToken))
            {
                if (step.Passed == false) failedStep = step.Name;
                yield return Create(step, failedStep);
            }
        }

        var (session, problem) = failedStep is null ? await OpenAsync(cancellationToken) : (null, null);
        foreach (var check in DescribeOpening(session, problem, failedStep))
        {
            if (check.Passed == false) failedStep = check.Name;
            yield return check;
        }

        _notReached = failedStep ?? Reachable;

        await using (session)
        {
            yield return await CheckAsync(Version, session, CheckVersionAsync, cancellationToken);
            yield return await CheckAsync(Table, session, CheckTableAsync, cancellationToken);
            yield return await CheckAsync(Columns, session, CheckColumnsAsync, cancellationToken);
            yield return await CheckAsync(Indexes, session, CheckIndexesAsync, cancellationToken);
            yield return await CheckAsync(WritePrivilege, session, CheckWritePrivilegeAsync, cancellationToken);
            yield return await CheckAsync(Latency, session, CheckLatencyAsync, cancellationToken);
            if (IsPostgres) yield return await CheckAsync(PoolHeadroom, session, CheckPoolHeadroomAsync, cancellationToken);
        }

        if (_options.Endpoint is { } endpoint) yield return await EndpointProbe.CheckAsync(_database, endpoint, _options, cancellationToken);
    }

    private async Task<(ICheckSession? Session, SwarmException? Problem)> OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            ICheckSession session = IsPostgres
                ? await PostgresCheckSession.OpenAsync(_database, _options, cancellationToken)
                : SqliteCheckSession.Open(_database, _options, cancellationToken);
            return (session, null);
        }
        catch (SwarmException exception)
        {
            return (null, exception);
        }
    }

    // An instance by its name was reached step by step; what is left is who logs in, and to which database.
    private IEnumerable<DatabaseCheck> DescribeOpening(ICheckSession? session, SwarmException? problem, string? failedStep)
    {
        if (_database.InstanceConnectionName is null)
        {
            yield return session is not null ? Create(Reachable, passed: true, session.Description) : CreateFailed(Reachable, problem!);
            yield break;
        }

        var isDatabaseMissing = problem is SwarmDatabaseException { Failure: SwarmDatabaseFailure.DatabaseNotFound };
        yield return session is not null ? Create(CloudSqlPath.Login, passed: true, session.Description)
            : isDatabaseMissing ? Create(CloudSqlPath.Login, passed: true, $"'{_database.User}' was let in")
            : problem is not null ? CreateFailed(CloudSqlPath.Login, problem)
            : CreateNotChecked(CloudSqlPath.Login, CloudSqlPath.Describe(failedStep!), failedStep!);
        yield return session is not null ? Create(CloudSqlPath.DatabaseName, passed: true, _database.Database!)
            : isDatabaseMissing ? CreateFailed(CloudSqlPath.DatabaseName, problem!)
            : CreateNotChecked(CloudSqlPath.DatabaseName, CloudSqlPath.Describe(failedStep ?? CloudSqlPath.Login), failedStep ?? CloudSqlPath.Login);
    }

    private async Task<DatabaseCheck> CheckAsync(
        string name, ICheckSession? session, Func<ICheckSession, CancellationToken, Task<DatabaseCheck>> check, CancellationToken cancellationToken)
    {
        if (session is null) return CreateNotChecked(name, "the database was not reached", _notReached);
        if (!session.IsOpen) return Create(name, passed: null, "the connection was lost", "Run it again; where it happens again, see the server's log.");
        try
        {
            return await check(session, cancellationToken);
        }
        catch (SwarmException exception)
        {
            return CreateFailed(name, exception);
        }
    }

    private async Task<DatabaseCheck> CheckVersionAsync(ICheckSession session, CancellationToken cancellationToken)
        => Create(Version, await session.CheckVersionAsync(cancellationToken));

    private async Task<DatabaseCheck> CheckTableAsync(ICheckSession session, CancellationToken cancellationToken)
    {
        _table = await session.FindTableAsync(cancellationToken);
        return Create(Table, passed: true, _table.ToString());
    }

    private async Task<DatabaseCheck> CheckColumnsAsync(ICheckSession session, CancellationToken cancellationToken)
    {
        if (_table is null) return CreateNotChecked(Columns, NoTable, Table);
        _schema = await session.ReadSchemaAsync(cancellationToken);
        var problems = SchemaCompatibility.FindProblems(_schema, isTarget: true);
        return problems.Count == 0
            ? Create(Columns, passed: true, "all ten")
            : Create(
                Columns, passed: false, string.Join("; ", problems.Select(problem => problem.Text)),
                string.Join(" ", problems.Select(problem => problem.RecommendedAction).Distinct(StringComparer.Ordinal)));
    }

    // The application finds a conversation by its id, a user's by user_id, and lists the newest by created_at.
    private Task<DatabaseCheck> CheckIndexesAsync(ICheckSession session, CancellationToken cancellationToken)
    {
        if (_schema is null) return Task.FromResult(CreateNotChecked(Indexes, _table is null ? NoTable : "the table's definition could not be read", _table is null ? Table : Columns));
        List<string> missing = [], found = [];
        foreach (var column in (ConversationColumn[])[ConversationColumn.Id, .. TableShape.IndexedColumns])
        {
            var name = ConversationTable.NameOf(column);
            if (SchemaUpdatePlanner.FindIndex(_schema, column) is { } index) found.Add($"{name} ({index.Name})");
            else missing.Add(name);
        }

        return Task.FromResult(missing.Count == 0
            ? Create(Indexes, passed: true, string.Join(", ", found))
            : Create(
                Indexes, passed: false, $"none begins with {string.Join(" or with ", missing)}",
                AddMissing));
    }

    private async Task<DatabaseCheck> CheckWritePrivilegeAsync(ICheckSession session, CancellationToken cancellationToken)
        => _table is null
            ? CreateNotChecked(WritePrivilege, NoTable, Table)
            : Create(WritePrivilege, await session.CheckWritePrivilegeAsync(_table, cancellationToken));

    private async Task<DatabaseCheck> CheckLatencyAsync(ICheckSession session, CancellationToken cancellationToken)
    {
        if (_table is null) return CreateNotChecked(Latency, NoTable, Table);
        if (_schema is not null && ConversationTable.ColumnNames.Any(name => _schema.FindColumn(name) is null)) return CreateNotChecked(Latency, "columns are missing", Columns);

        List<StatementLatency> measured = [];
        try
        {
            var id = await session.FindIdAsync(_table, cancellationToken);
            foreach (var (name, sql, parameter) in LatencySampler.GetStatements(session, id))
                measured.Add(await LatencySampler.MeasureAsync(session, name, sql, parameter, _options, cancellationToken));
        }
        catch (SwarmDatabaseException exception)
        {
            return CreateLatency(measured, passed: false, exception.Message, exception.RecommendedAction, exception.Failure);
        }

        var slow = measured.Where(statement => statement.P95Milliseconds > _options.LatencyLimit.TotalMilliseconds).ToList();
        return CreateLatency(measured, slow.Count == 0, string.Join("; ", measured), slow.Count == 0 ? null : AdviseOnLatency(slow));
    }

    private async Task<DatabaseCheck> CheckPoolHeadroomAsync(ICheckSession session, CancellationToken cancellationToken)
    {
        var budget = (await session.ReadConnectionBudgetAsync(cancellationToken))!;
        var passed = budget.Free >= NeededConnections;
        return new PoolHeadroomCheck
        {
            Name = PoolHeadroom,
            Database = _database,
            Passed = passed,
            Expected = Expect(PoolHeadroom),
            Actual = FormattableString.Invariant(
                $"{budget.Free} free: of {budget.Maximum}, {budget.Reserved} are reserved and {budget.Used} in use{DescribeLimits(budget)}"),
            RecommendedAction = passed
                ? null
                : "Lower pool_size and max_overflow or the number of instances, close idle sessions (pg_stat_activity), or raise max_connections or the CONNECTION LIMIT.",
            Failure = passed ? null : SwarmDatabaseFailure.TooManyConnections,
            MaxConnections = budget.Maximum,
            ReservedConnections = budget.Reserved,
            UsedConnections = budget.Used,
            FreeConnections = budget.Free,
            NeededConnections = NeededConnections,
        };
    }

    private int NeededConnections => _options.PoolSize * _options.InstanceCount;

    private static string DescribeLimits(ConnectionCounts budget) => string.Concat(
        budget.UserLimit is { } user ? FormattableString.Invariant($"; the user may have {user} and has {budget.UsedByUser}") : "",
        budget.DatabaseLimit is { } database ? FormattableString.Invariant($"; the database may have {database} and has {budget.UsedInDatabase}") : "");

    private static string AdviseOnLatency(List<StatementLatency> slow)
        => slow.Exists(statement => statement.Name == LatencySampler.HealthCheck)
            ? "Even the bare answer takes too long: run the application nearer to the database (same region), and look at the server's load and the network."
            : "See that the Indexes check passed, run ANALYZE on the table, and look at the server's slow queries (pg_stat_statements) and at the size of its rows.";

    private string Expect(string name) => name switch
    {
        CloudSqlPath.Login or CloudSqlPath.DatabaseName => CloudSqlPath.Expect(name),
        Reachable => IsPostgres ? FormattableString.Invariant($"a connection within {_database.ConnectTimeout.TotalSeconds:0.#} s") : "a SQLite file that can be read",
        Version => IsPostgres ? FormattableString.Invariant($"PostgreSQL {PostgresCheckSession.OldestVersion} or later, UTF8") : "SQLite 3, UTF-8",
        Table => $"a table {ConversationTable.Name}",
        Columns => "the ten columns, of types that hold the data unchanged",
        Indexes => "indexes that begin with id, created_at and user_id",
        WritePrivilege => IsPostgres ? "SELECT, INSERT, UPDATE and DELETE, on a server that takes writes" : "the file and its folder can be written",
        Latency => FormattableString.Invariant($"p95 of each statement at most {_options.LatencyLimit.TotalMilliseconds:0} ms"),
        _ => FormattableString.Invariant($"{NeededConnections} free connections ({_options.InstanceCount} × a pool of {_options.PoolSize})"),
    };

    private DatabaseCheck Create(PathStep step, string? failed) => new()
    {
        Name = step.Name,
        Database = _database,
        Passed = step.Passed,
        Expected = step.Expected,
        Actual = step.Actual,
        RecommendedAction = step.Passed == true ? null : step.Problem?.RecommendedAction ?? $"Mend {failed} first.",
        Failure = (step.Problem as SwarmDatabaseException)?.Failure,
    };

    private DatabaseCheck Create(string name, Finding finding) => Create(name, finding.Passed, finding.Actual, finding.RecommendedAction);

    private DatabaseCheck CreateNotChecked(string name, string reason, string failed) => Create(name, passed: null, reason, $"Mend {failed} first.");

    private DatabaseCheck CreateFailed(string name, SwarmException exception)
        => Create(name, passed: false, exception.Message, exception.RecommendedAction, (exception as SwarmDatabaseException)?.Failure);

    private LatencyCheck CreateLatency(
        IReadOnlyList<StatementLatency> measured, bool? passed, string actual, string? action, SwarmDatabaseFailure? failure = null) => new()
        {
            Name = Latency,
            Database = _database,
            Passed = passed,
            Expected = Expect(Latency),
            Actual = actual,
            RecommendedAction = action,
            Failure = failure,
            LimitMilliseconds = _options.LatencyLimit.TotalMilliseconds,
            Statements = measured,
        };

    // A check that could not be made has the class that it would have had, so that a script finds the same properties on it.
    private DatabaseCheck Create(string name, bool? passed, string actual, string? action = null, SwarmDatabaseFailure? failure = null) => name switch
    {
        Latency => CreateLatency([], passed, actual, action, failure),
        PoolHeadroom => new PoolHeadroomCheck
        {
            Name = name,
            Database = _database,
            Passed = passed,
            Expected = Expect(name),
            Actual = actual,
            RecommendedAction = action,
            Failure = failure,
            NeededConnections = NeededConnections,
        },
        _ => new DatabaseCheck
        {
            Name = name,
            Database = _database,
            Passed = passed,
            Expected = Expect(name),
            Actual = actual,
            RecommendedAction = action,
            Failure = failure,
        },
    };
}
