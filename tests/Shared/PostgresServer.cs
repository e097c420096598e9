using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using Testcontainers.PostgreSql;

namespace MarketingSwarm.Testing;

/// <summary>
///   The PostgreSQL of a test run: the server that SWARM_TEST_POSTGRES names, else a throw-away cluster of the programs found here, else a
///   container. With none of them <see cref="SkipReason"/> says why, and tests that ask for a database are skipped.
/// </summary>
public sealed class PostgresServer : IAsyncLifetime
{
    private const string UrlVariable = "SWARM_TEST_POSTGRES";

    // The supervisor outlives a killed test run by as long as it takes to notice that its input has ended: then it stops the server and
    // deletes the folder. What ends a run (Ctrl+C, a CI job's end) goes to the whole process group, so it leaves the group where it can.
    private const string SupervisorScript = """
        trap '' INT TERM HUP
        cd "$1" || exit 1
        "$2/initdb" --pgdata=data --username=postgres --pwfile=password --auth=scram-sha-256 --encoding=UTF8 --locale=C --no-sync >log 2>&1 &&
        "$2/pg_ctl" --pgdata=data --log=log --wait --options="-h 127.0.0.1 -p $3 -k '$1' -c fsync=off -c max_connections=100" start >/dev/null 2>&1
        if [ $? -eq 0 ]; then
            echo ready
            read -r _
            "$2/pg_ctl" --pgdata=data --wait --mode=immediate stop >/dev/null 2>&1
        else
            cat log >&2
        fi
        cd / && rm -rf "$1"
        """;

    private string? _psql;
    private Process? _supervisor;
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

    /// <summary>The folder of the server's programs (initdb, pg_ctl, psql); null when there is none.</summary>
    public static string? ProgramFolder { get; } = FindProgramFolder();

    public async ValueTask InitializeAsync()
    {
        _psql = Programs.Find("psql", ProgramFolder is null ? [] : [ProgramFolder]);

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
        if (_supervisor is not null)
        {
            _supervisor.StandardInput.Close();
            await _supervisor.WaitForExitAsync();
            _supervisor.Dispose();
        }

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
        if (OperatingSystem.IsWindows()) return "its programs are started on Linux and macOS only";
        if (ProgramFolder is null || _psql is null) return "initdb, pg_ctl and psql were found neither in PATH nor in /usr/lib/postgresql";

        var failure = "";
        for (var attempt = 0; attempt < 3; attempt++)
        {
            // Another process may take the free port before the server does: that is what the further attempts are for.
            var port = GetFreePort();
            failure = await TryStartClusterAsync(ProgramFolder, port);
            if (failure.Length == 0) return null;
        }

        return $"the programs in {ProgramFolder} failed: {failure}";
    }

    [UnsupportedOSPlatform("windows")]
    private async Task<string> TryStartClusterAsync(string programs, int port)
    {
        // A Unix socket's path has room for about a hundred characters.
        var folder = Path.Combine("/tmp", $"swarm-pg-{RandomNumberGenerator.GetHexString(8, lowercase: true)}");
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Password = RandomNumberGenerator.GetHexString(32, lowercase: true);
        await File.WriteAllTextAsync(Path.Combine(folder, "password"), Password);

        List<string> command = Programs.Find("setsid") is { } setsid ? [setsid] : [];
        if (Environment.UserName == "root")
        {
            // The server refuses to run as root.
            var user = await UserExistsAsync("postgres") ? "postgres" : "nobody";
            // setpriv becomes the supervisor; runuser stays above it and, when it is told to end, kills it.
            if (Programs.Find("setpriv") is { } setpriv) command.AddRange([setpriv, $"--reuid={user}", $"--regid={await GetGroupAsync(user)}", "--clear-groups", "--"]);
            else if (Programs.Find("runuser") is { } runuser) command.AddRange([runuser, "-u", user, "--"]);
            else return "neither setpriv nor runuser was found, and the server refuses to run as root";
            var owner = await Programs.RunAsync("chown", ["-R", user, folder]);
            if (owner.ExitCode != 0) return owner.Error.Trim();
        }

        command.AddRange(["/bin/sh", "-c", SupervisorScript, "supervisor", folder, programs, $"{port}"]);
        var supervisor = Programs.Start(command[0], command.Skip(1), workingFolder: "/");
        if (await supervisor.StandardOutput.ReadLineAsync() != "ready")
        {
            var error = await supervisor.StandardError.ReadToEndAsync();
            await supervisor.WaitForExitAsync();
            supervisor.Dispose();
            return error.Trim() is { Length: > 0 } text ? text : "the server did not start";
        }

        _supervisor = supervisor;
        SocketFolder = folder;
        Port = port;
        Origin = $"a throw-away cluster of the programs in {programs}";
        return "";
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

    private static async Task<bool> UserExistsAsync(string name) => (await Programs.RunAsync("id", ["-u", name])).ExitCode == 0;

    private static async Task<string> GetGroupAsync(string user) => (await Programs.RunAsync("id", ["-g", user])).Output.Trim();

    private static int GetFreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string? FindProgramFolder()
    {
        const string debian = "/usr/lib/postgresql";
        var folders = Directory.Exists(debian)
            ? Directory.GetDirectories(debian).OrderByDescending(folder => double.TryParse(Path.GetFileName(folder), out var version) ? version : 0)
                .Select(folder => Path.Combine(folder, "bin"))
            : [];
        var initdb = Programs.Find("initdb", folders);
        return initdb is not null && File.Exists(Path.Combine(Path.GetDirectoryName(initdb)!, "pg_ctl")) ? Path.GetDirectoryName(initdb) : null;
    }
}
