using Testcontainers.PostgreSql;

namespace MarketingSwarm.Testing;

/// <summary>
///   The PostgreSQL of a test run: the server that SWARM_TEST_POSTGRES names, else a throw-away cluster of the programs found here, else a
///   container. With none of them <see cref="SkipReason"/> says why, and tests that ask for a database are skipped.
/// </summary>
public sealed class PostgresServer : IAsyncLifetime
{
    private const string UrlVariable = "SWARM_TEST_POSTGRES";

    private string? _psql;
    private PostgresCluster? _cluster;
    private PostgreSqlContainer? _container;
    private string _maintenanceDatabase = "postgres";

    /// <summary>Why there is no server; null when there is one.</summary>
    public string? SkipReason { get; private set; }

    /// <summary>Where the server came from, for reports.</summary>
    public string Origin { get; private set; } = "";

    public string Host { get; private set; } = "127.0.0.1";

    public int Port { get; private set; } = 5432;

    public string User { get; private set; } = "postgres";

    public string Password { get; private set; } = "";

    public string? SocketFolder { get; private set; }

    /// <summary>What a URL of this server needs besides the database's name, with its question mark.</summary>
    internal string UrlQuery { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        _psql = Programs.Find("psql", PostgresCluster.ProgramFolder is { } folder ? [folder] : []);

        // A server that was named must be used or fail: falling back would test something else than was asked for.
        if (Environment.GetEnvironmentVariable(UrlVariable) is { Length: > 0 } url)
        {
            UseServer(new Uri(url));
            return;
        }

        var local = await TryStartClusterAsync();
        if (local is null) return;
        var docker = await TryStartContainerAsync();
        if (docker is null) return;
        SkipReason = $"No PostgreSQL: {UrlVariable} is not set; {local}; {docker}.";
    }

    /// <summary>A new, empty database. The test is skipped when there is no server.</summary>
    public async Task<TestDatabase> CreateDatabaseAsync()
    {
        Assert.SkipWhen(SkipReason is not null, SkipReason ?? "");
        var name = $"swarm_test_{Guid.NewGuid():N}";
        await PsqlAsync(_maintenanceDatabase, $"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'");
        return new TestDatabase(this, name);
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null) await _cluster.DisposeAsync();
        if (_container is not null) await _container.DisposeAsync();
    }

    internal async Task DropDatabaseAsync(string name)
        => await PsqlAsync(_maintenanceDatabase, $"DROP DATABASE IF EXISTS {name} WITH (FORCE)");

    /// <remarks>Asked from another database, so that the question is no session of this one.</remarks>
    internal async Task WaitForSessionsAsync(string name, int count)
        => await PsqlAsync(
            _maintenanceDatabase,
            $"""
            DO $$ BEGIN
                WHILE (SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}') > {count} LOOP
                    PERFORM pg_sleep(0.01);
                    PERFORM pg_stat_clear_snapshot();
                END LOOP;
            END $$
            """);

    internal async Task<string> PsqlAsync(string database, string sql)
    {
        string[] options = ["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-U", User, "-d", database];
        int exitCode;
        string output, error;
        if (_psql is not null)
        {
            var environment = new Dictionary<string, string?>
            {
                ["PGPASSWORD"] = Password,
                ["PGCLIENTENCODING"] = "UTF8",
                ["PGSSLMODE"] = UrlQuery.Contains("sslmode=require", StringComparison.Ordinal) ? "require" : "prefer",
            };
            (exitCode, output, error) = await Programs.RunAsync(_psql, [.. options, "-h", Host, "-p", $"{Port}", "-f", "-"], sql, environment);
        }
        else
        {
            var result = await _container!.ExecAsync(["env", $"PGPASSWORD={Password}", "psql", .. options, "-c", sql], TestContext.Current.CancellationToken);
            (exitCode, output, error) = ((int)(result.ExitCode ?? -1), result.Stdout, result.Stderr);
        }

        return exitCode == 0 ? output.TrimEnd('\n') : throw new InvalidOperationException($"psql refused: {error.Trim()}\n{sql}");
    }

    private void UseServer(Uri url)
    {
        if (_psql is null)
        {
            SkipReason = $"{UrlVariable} names a server, but psql, which makes the databases, was not found.";
            return;
        }

        var user = url.UserInfo.Split(':', 2);
        Host = url.Host.Trim('[', ']');
        Port = url.Port < 0 ? 5432 : url.Port;
        User = user[0].Length == 0 ? "postgres" : Uri.UnescapeDataString(user[0]);
        Password = user.Length == 2 ? Uri.UnescapeDataString(user[1]) : "";
        UrlQuery = url.Query;
        if (url.AbsolutePath.Length > 1) _maintenanceDatabase = Uri.UnescapeDataString(url.AbsolutePath[1..]);
        Origin = $"the server that {UrlVariable} names";
    }

    /// <returns>Why not; null when it runs.</returns>
    private async Task<string?> TryStartClusterAsync()
    {
        if (_psql is null) return "psql was found neither in PATH nor in /usr/lib/postgresql";
        var (cluster, failure) = await PostgresCluster.TryStartAsync("fsync=off", "max_connections=100");
        if (cluster is null) return failure;

        _cluster = cluster;
        (Port, Password, SocketFolder) = (cluster.Port, cluster.Password, cluster.SocketFolder);
        Origin = $"a throw-away cluster of the programs in {PostgresCluster.ProgramFolder}";
        return null;
    }

    /// <returns>Why not; null when it runs.</returns>
    private async Task<string?> TryStartContainerAsync()
    {
        try
        {
            var container = new PostgreSqlBuilder("postgres:15").Build();
            await container.StartAsync();
            _container = container;
            var url = new Uri($"postgresql://{container.Hostname}:{container.GetMappedPublicPort(PostgreSqlBuilder.PostgreSqlPort)}");
            (Host, Port, User, Password) = (url.Host, url.Port, PostgreSqlBuilder.DefaultUsername, PostgreSqlBuilder.DefaultPassword);
            Origin = "a container";
            return null;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return $"no Docker engine could run it ({exception.Message.Split('\n')[0].TrimEnd('.')})";
        }
    }
}
