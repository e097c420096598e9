namespace MarketingSwarm.Engine.Checks;

/// <summary>
///   One connection to the database under check. It reads only, and between two calls it holds no transaction and no lock:
///   the application goes on working beside it.
/// </summary>
internal interface ICheckSession : IAsyncDisposable
{
    /// <summary>How the connection was made.</summary>
    string Description { get; }

    /// <summary>The engine's own name for "are you there", as the application's health check asks it.</summary>
    string HealthCheckSql { get; }

    /// <summary>Whether the connection still stands.</summary>
    bool IsOpen { get; }

    /// <summary>Looks at the version and the encoding.</summary>
    Task<Finding> CheckVersionAsync(CancellationToken cancellationToken);

    /// <summary>Finds the application's table.</summary>
    /// <exception cref="SwarmDatabaseException">There is no such table.</exception>
    /// <exception cref="SwarmSchemaException">The name is not a table's.</exception>
    Task<TableName> FindTableAsync(CancellationToken cancellationToken);

    /// <summary>Reads the table's columns and indexes without touching a row. PostgreSQL locks it for that, for a moment, as a SELECT does.</summary>
    Task<DatabaseSchema> ReadSchemaAsync(CancellationToken cancellationToken);

    /// <summary>Looks whether rows could be read, inserted, updated and deleted, without doing any of it and without a lock.</summary>
    Task<Finding> CheckWritePrivilegeAsync(TableName table, CancellationToken cancellationToken);

    /// <summary>The id of any one row; <see langword="null"/> where there is none.</summary>
    Task<string?> FindIdAsync(TableName table, CancellationToken cancellationToken);

    /// <summary>Runs a SELECT, reads every cell of its rows and says how long that took.</summary>
    /// <param name="sql">The statement; <c>$1</c> in it is the id.</param>
    /// <param name="id">The id, where the statement has a <c>$1</c>.</param>
    /// <param name="cancellationToken">Ends the statement.</param>
    Task<TimeSpan> TimeAsync(string sql, string? id, CancellationToken cancellationToken);

    /// <summary>Counts the server's connections; <see langword="null"/> where there is no server.</summary>
    Task<ConnectionCounts?> ReadConnectionBudgetAsync(CancellationToken cancellationToken);
}

/// <summary>A table's schema and name.</summary>
internal sealed record TableName(string Schema, string Table)
{
    public override string ToString() => $"{Schema}.{Table}";
}

/// <summary>What one check found.</summary>
internal sealed record Finding(bool Passed, string Actual, string? RecommendedAction = null);

/// <summary>A server's connections: how many there are, and how many this user may still open.</summary>
/// <param name="Maximum">The server's <c>max_connections</c>.</param>
/// <param name="Reserved">Those kept for administrators.</param>
/// <param name="Used">Those that clients hold, without the one that looks.</param>
/// <param name="UserLimit">The user's CONNECTION LIMIT, if any.</param>
/// <param name="UsedByUser">Those that this user holds.</param>
/// <param name="DatabaseLimit">The database's CONNECTION LIMIT, if any.</param>
/// <param name="UsedInDatabase">Those in this database.</param>
internal sealed record ConnectionCounts(
    int Maximum, int Reserved, int Used, int? UserLimit, int UsedByUser, int? DatabaseLimit, int UsedInDatabase)
{
    internal int Free
    {
        get
        {
            var free = Maximum - Reserved - Used;
            if (UserLimit is { } user) free = Math.Min(free, user - UsedByUser);
            if (DatabaseLimit is { } database) free = Math.Min(free, database - UsedInDatabase);
            return Math.Max(free, 0);
        }
    }
}
