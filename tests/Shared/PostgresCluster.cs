using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Cryptography;

namespace MarketingSwarm.Testing;

/// <summary>
///   A throw-away cluster of the PostgreSQL programs of this machine, on 127.0.0.1 and in a folder of its own. It is stopped and deleted when it is
///   disposed of, and also when this process ends without doing so.
/// </summary>
public sealed class PostgresCluster : IAsyncDisposable
{
    // The supervisor outlives a killed test run by as long as it takes to notice that its input has ended: then it stops the server and
    // deletes the folder. What ends a run (Ctrl+C, a CI job's end) goes to the whole process group, so it leaves the group where it can.
    private const string SupervisorScript = """
        trap '' INT TERM HUP
        cd "$1" || exit 1
        "$2/initdb" --pgdata=data --username=postgres --pwfile=password --auth=scram-sha-256 --encoding=UTF8 --locale=C --no-sync >log 2>&1 &&
        "$2/pg_ctl" --pgdata=data --log=log --wait --options="-h 127.0.0.1 -p $3 -k '$1' $4" start >/dev/null 2>&1
        if [ $? -eq 0 ]; then
            echo ready
            read -r _
            "$2/pg_ctl" --pgdata=data --wait --mode=immediate stop >/dev/null 2>&1
        else
            cat log >&2
        fi
        cd / && rm -rf "$1"
        """;

    private readonly Process _supervisor;
    private readonly IReadOnlyList<string> _asUser;

    private PostgresCluster(Process supervisor, IReadOnlyList<string> asUser, int port, string password, string socketFolder)
    {
        _supervisor = supervisor;
        _asUser = asUser;
        Port = port;
        Password = password;
        SocketFolder = socketFolder;
    }

    /// <summary>The folder of the server's programs (initdb, pg_ctl, psql); null when there is none.</summary>
    public static string? ProgramFolder { get; } = FindProgramFolder();

    public int Port { get; }

    /// <summary>The password of <c>postgres</c>, the superuser.</summary>
    public string Password { get; }

    public string SocketFolder { get; }

    /// <summary>Starts a cluster with these settings, each as <c>name=value</c>.</summary>
    /// <returns>The cluster; or null, and why not.</returns>
    public static async Task<(PostgresCluster? Cluster, string Failure)> TryStartAsync(params string[] settings)
    {
        if (OperatingSystem.IsWindows()) return (null, "its programs are started on Linux and macOS only");
        if (ProgramFolder is null) return (null, "initdb and pg_ctl were found neither in PATH nor in /usr/lib/postgresql");

        var failure = "";
        for (var attempt = 0; attempt < 3; attempt++)
        {
            // Another process may take the free port before the server does: that is what the further attempts are for.
            var (cluster, reason) = await TryStartAsync(ProgramFolder, GetFreePort(), settings);
            if (cluster is not null) return (cluster, "");
            failure = reason;
        }

        return (null, $"the programs in {ProgramFolder} failed: {failure}");
    }

    /// <summary><c>postgresql://postgres:password@127.0.0.1:port/database</c></summary>
    public string GetUrl(string database, int? port = null) => $"postgresql://postgres:{Password}@127.0.0.1:{port ?? Port}/{database}";

    /// <summary>What <c>psql -X -A -t -q</c> prints for the statements, without the last line's end.</summary>
    public async Task<string> PsqlAsync(string database, string sql)
    {
        var psql = Programs.Find("psql", ProgramFolder!)!;
        var result = await Programs.RunAsync(
            psql, ["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-", GetUrl(database)], sql, [new("PGCLIENTENCODING", "UTF8")]);
        return result.ExitCode == 0 ? result.Output.TrimEnd('\n') : throw new InvalidOperationException($"psql refused: {result.Error.Trim()}\n{sql}");
    }

    /// <summary>Stops the server and starts it again.</summary>
    /// <param name="mode"><c>fast</c>: sessions are told and ended; <c>immediate</c>: as in a crash.</param>
    public async Task RestartAsync(string mode)
    {
        string[] command = [.. _asUser, Path.Combine(ProgramFolder!, "pg_ctl"), "-D", Path.Combine(SocketFolder, "data"), "-m", mode, "-w", "-l", Path.Combine(SocketFolder, "log"), "restart"];
        // The server inherits the streams, whose end would be its own; and it was started with a path relative to its folder.
        var result = await Programs.RunAsync("/bin/sh", ["-c", "\"$@\" >/dev/null 2>&1 </dev/null", "sh", .. command], workingFolder: SocketFolder);
        if (result.ExitCode != 0) throw new InvalidOperationException($"The server did not start again: {await File.ReadAllTextAsync(Path.Combine(SocketFolder, "log"))}");
    }

    public async ValueTask DisposeAsync()
    {
        _supervisor.StandardInput.Close();
        await _supervisor.WaitForExitAsync();
        _supervisor.Dispose();
    }

    [UnsupportedOSPlatform("windows")]
    private static async Task<(PostgresCluster? Cluster, string Failure)> TryStartAsync(string programs, int port, string[] settings)
    {
        // A Unix socket's path has room for about a hundred characters.
        var folder = Path.Combine("/tmp", $"swarm-pg-{RandomNumberGenerator.GetHexString(8, lowercase: true)}");
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var password = RandomNumberGenerator.GetHexString(32, lowercase: true);
        await File.WriteAllTextAsync(Path.Combine(folder, "password"), password);

        List<string> command = Programs.Find("setsid") is { } setsid ? [setsid] : [];
        List<string> asUser = [];
        if (Environment.UserName == "root")
        {
            // The server refuses to run as root.
            var user = await UserExistsAsync("postgres") ? "postgres" : "nobody";
            // setpriv becomes the supervisor; runuser stays above it and, when it is told to end, kills it.
            if (Programs.Find("setpriv") is { } setpriv) asUser.AddRange([setpriv, $"--reuid={user}", $"--regid={await GetGroupAsync(user)}", "--clear-groups", "--"]);
            else if (Programs.Find("runuser") is { } runuser) asUser.AddRange([runuser, "-u", user, "--"]);
            else return (null, "neither setpriv nor runuser was found, and the server refuses to run as root");
            var owner = await Programs.RunAsync("chown", ["-R", user, folder]);
            if (owner.ExitCode != 0) return (null, owner.Error.Trim());
        }

        command.AddRange([.. asUser, "/bin/sh", "-c", SupervisorScript, "supervisor", folder, programs, $"{port}", string.Concat(settings.Select(setting => $" -c {setting}"))]);
        var supervisor = Programs.Start(command[0], command.Skip(1), workingFolder: "/");
        if (await supervisor.StandardOutput.ReadLineAsync() == "ready") return (new PostgresCluster(supervisor, asUser, port, password, folder), "");

        var error = await supervisor.StandardError.ReadToEndAsync();
        await supervisor.WaitForExitAsync();
        supervisor.Dispose();
        return (null, error.Trim() is { Length: > 0 } text ? text : "the server did not start");
    }

    private static async Task<bool> UserExistsAsync(string name) => (await Programs.RunAsync("id", ["-u", name])).ExitCode == 0;

    private static async Task<string> GetGroupAsync(string user) => (await Programs.RunAsync("id", ["-g", user])).Output.Trim();

    internal static int GetFreePort()
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
