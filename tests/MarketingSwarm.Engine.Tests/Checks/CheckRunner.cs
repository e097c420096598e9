using MarketingSwarm.Engine.Checks;

namespace MarketingSwarm.Engine.Tests.Checks;

/// <summary>Runs the checks as the cmdlet does, and makes what they look at by other hands.</summary>
internal static class CheckRunner
{
    internal const string TableSql = """
        CREATE TABLE conversations (
            id varchar NOT NULL, user_id varchar, user_query text NOT NULL, status varchar, created_at timestamp, completed_at timestamp,
            agent_responses text, conversation_metadata text, total_cost double precision, error_message text, PRIMARY KEY (id));
        """;

    internal const string IndexSql = "CREATE INDEX a ON conversations (created_at); CREATE INDEX u ON conversations (user_id);";

    internal const string RowSql = "INSERT INTO conversations (id, user_query, created_at) VALUES ('one', 'q', '2025-06-18 18:50:03'), ('two', 'q', NULL);";

    /// <summary>The names in the order in which they come for PostgreSQL.</summary>
    internal static readonly string[] Names =
        ["Reachable", "Version", "Table", "Columns", "Indexes", "WritePrivilege", "Latency", "PoolHeadroom"];

    internal static readonly DatabaseCheckOptions FewSamples = new() { SampleCount = 5, PoolSize = 1 };

    internal static SwarmDatabase ToSwarm(this TestDatabase database, string? user = null, string? password = null) => new(DatabaseEngine.PostgreSql)
    {
        Host = database.Host,
        Port = database.Port,
        Database = database.Name,
        User = user ?? database.User,
        Password = password ?? database.Password,
        Tls = TlsMode.Prefer,
    };

    internal static SwarmDatabase SqliteFile(string path) => new(DatabaseEngine.Sqlite) { Path = path };

    internal static async Task<List<DatabaseCheck>> RunAsync(SwarmDatabase database, DatabaseCheckOptions? options = null)
    {
        List<DatabaseCheck> checks = [];
        await foreach (var check in new DatabaseChecker(database, options ?? FewSamples).RunAsync(TestContext.Current.CancellationToken)) checks.Add(check);
        return checks;
    }

    internal static DatabaseCheck Get(this List<DatabaseCheck> checks, string name) => Assert.Single(checks, check => check.Name == name);

    /// <summary>Asserts that a check failed, and gives what it found.</summary>
    internal static DatabaseCheck GetFailed(this List<DatabaseCheck> checks, string name)
    {
        var check = checks.Get(name);
        Assert.True(check.Passed == false, check.ToString());
        Assert.False(string.IsNullOrEmpty(check.RecommendedAction), check.ToString());
        return check;
    }

    internal static void AssertAllPassed(IEnumerable<DatabaseCheck> checks) => Assert.All(checks, check =>
    {
        Assert.True(check.Passed, check.ToString());
        Assert.Null(check.RecommendedAction);
        Assert.Null(check.Failure);
    });
}

/// <summary>A user of a test's own, dropped with it.</summary>
internal sealed class TestRole : IAsyncDisposable
{
    private readonly TestDatabase _database;

    private TestRole(TestDatabase database) => _database = database;

    internal string Name { get; } = $"swarm_role_{Guid.NewGuid():N}";

    internal string Password { get; } = $"{Guid.NewGuid():N}";

    internal SwarmDatabase Database => _database.ToSwarm(Name, Password);

    /// <param name="database">Where the user lives; it must outlive the user.</param>
    /// <param name="options">What CREATE ROLE takes, beside LOGIN and the password.</param>
    internal static async Task<TestRole> CreateAsync(TestDatabase database, string options = "")
    {
        var role = new TestRole(database);
        await database.PsqlAsync($"CREATE ROLE {role.Name} LOGIN PASSWORD '{role.Password}' {options}");
        return role;
    }

    public async ValueTask DisposeAsync() => await _database.PsqlAsync($"DROP OWNED BY {Name}; DROP ROLE {Name}");
}
