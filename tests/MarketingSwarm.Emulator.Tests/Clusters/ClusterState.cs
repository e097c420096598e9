using MarketingSwarm.Emulator.Clusters;

namespace MarketingSwarm.Emulator.Tests.Clusters;

/// <summary>A state folder of the test's own, and the clusters in it, all of which end with the test. psql is the witness.</summary>
internal sealed class ClusterState : IAsyncDisposable
{
    internal const string RootPassword = "root's \\ pass:word";

    private readonly TempFolder _folder = new();

    private ClusterState(IClusterHost host) => Host = host;

    internal IClusterHost Host { get; private set; }

    internal string Folder => _folder.File("state");

    internal static async Task<ClusterState> OpenAsync()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The server's programs are run on Linux and macOS only.");
        Assert.SkipWhen(PostgresCluster.ProgramFolder is null, "PostgreSQL's programs were not found.");
        var state = new ClusterState(null!);
        // Where this is root, another account passes through to what belongs to it.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(state._folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        await state.ReopenAsync();
        return state;
    }

    /// <summary>Another host over the same folder, as after the death of the first one, which is not told.</summary>
    internal async Task<IReadOnlyList<ClusterInfo>> ReopenAsync()
    {
        Host = new ClusterHost(Folder);
        return await Host.OpenAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>A new instance of project <c>rehearsal</c>.</summary>
    internal Task<ClusterInfo> CreateAsync(string instance, params (string Name, string Value)[] flags)
        => Host.CreateAsync(new ClusterId("rehearsal", instance), new ClusterSpec("POSTGRES_15", flags.ToDictionary(flag => flag.Name, flag => flag.Value), RootPassword), TestContext.Current.CancellationToken);

    /// <summary>What psql prints for the statements, as <c>postgres</c> unless told otherwise.</summary>
    internal static async Task<string> PsqlAsync(ClusterInfo cluster, string sql, string user = "postgres", string password = RootPassword, string database = "postgres")
    {
        var result = await TryPsqlAsync(cluster, sql, user, password, database);
        return result.ExitCode == 0 ? result.Output.TrimEnd('\n') : throw new InvalidOperationException($"psql refused: {result.Error}");
    }

    internal static Task<Testing.ProgramResult> TryPsqlAsync(ClusterInfo cluster, string sql, string user = "postgres", string password = RootPassword, string database = "postgres")
        => Programs.RunAsync(
            Programs.Find("psql", PostgresCluster.ProgramFolder!)!,
            ["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-h", cluster.Address.IPAddress, "-p", $"{cluster.Address.Port}", "-U", user, "-d", database, "-f", "-"],
            sql, [new("PGPASSWORD", password), new("PGCLIENTENCODING", "UTF8")]);

    /// <summary>The folder of an instance of project <c>rehearsal</c>.</summary>
    internal string GetFolder(string instance) => Path.Combine(Folder, "clusters", "rehearsal", instance);

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        _folder.Dispose();
    }
}
