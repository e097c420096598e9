using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MarketingSwarm.Emulator.Clusters;

/// <summary>The clusters below a state folder, in <c>clusters/PROJECT/INSTANCE</c>.</summary>
/// <param name="stateFolder">The full path of the emulator's state folder. One process at a time uses it.</param>
internal sealed partial class ClusterHost(string stateFolder) : IClusterHost
{
    private readonly string _folder = Path.Combine(stateFolder, "clusters");
    private readonly ConcurrentDictionary<ClusterId, Cluster> _clusters = new();
    private readonly ConcurrentDictionary<ClusterId, SemaphoreSlim> _turns = new();
    private IReadOnlyList<PostgresInstallation> _installations = [];
    private DatabaseAccount? _account;

    public async Task<IReadOnlyList<ClusterInfo>> OpenAsync(CancellationToken cancellationToken)
    {
        _installations = await PostgresInstallation.FindAllAsync(cancellationToken);
        _account = await DatabaseAccount.FindAsync(cancellationToken);
        PrepareFolder(stateFolder);
        PrepareFolder(_folder);

        foreach (var project in Directory.EnumerateDirectories(_folder))
        {
            foreach (var instance in Directory.EnumerateDirectories(project))
            {
                var files = new ClusterFiles(instance);
                if (File.Exists(files.Record))
                {
                    var cluster = await OpenClusterAsync(files, cancellationToken);
                    _clusters[cluster.Id] = cluster;
                }
                else
                {
                    // Its making was cut short, or its deletion: nobody was told that it is there, or everybody that it is not.
                    await Cluster.AbandonAsync(files, _account, _installations, cancellationToken);
                    await Cluster.DeleteFolderInUseAsync(instance, cancellationToken);
                }
            }
        }

        await Parallel.ForEachAsync(_clusters.Values, cancellationToken, async (cluster, token) => await cluster.ResumeAsync(token));
        return [.. _clusters.Values.Select(cluster => cluster.Describe())];
    }

    public ClusterInfo? Find(ClusterId id) => _clusters.GetValueOrDefault(id)?.Describe();

    public Task<ClusterInfo> CreateAsync(ClusterId id, ClusterSpec spec, CancellationToken cancellationToken) => TakeTurnAsync(id, async () =>
    {
        if (_clusters.ContainsKey(id)) throw new ClusterException(ClusterFailure.AlreadyExists, $"There is an instance '{id.Instance}' in project '{id.Project}' already.");

        var files = new ClusterFiles(GetFolder(id));
        var major = VersionPattern().Match(spec.DatabaseVersion) is { Success: true } match ? match.Groups[1].Value : "";
        var programs = _installations.FirstOrDefault(installation => $"{installation.MajorVersion}" == major) ?? _installations[0];
        PrepareFolder(Path.GetDirectoryName(files.Folder)!);
        PrepareFolder(files.Folder);
        try
        {
            var cluster = await Cluster.CreateAsync(files, Account, programs, id, spec, IsTaken, cancellationToken);
            _clusters[id] = cluster;
            return cluster.Describe();
        }
        catch
        {
            await Cluster.AbandonAsync(files, Account, _installations, CancellationToken.None);
            Cluster.DeleteFolder(files.Folder);
            throw;
        }
    }, cancellationToken);

    public Task<ClusterInfo> StartAsync(ClusterId id, CancellationToken cancellationToken) => TakeTurnAsync(id, async () =>
    {
        var cluster = Require(id);
        await cluster.StartAsync(cancellationToken);
        return cluster.Describe();
    }, cancellationToken);

    public Task StopAsync(ClusterId id, CancellationToken cancellationToken) => TakeTurnAsync(id, () => Require(id).StopAsync(cancellationToken), cancellationToken);

    public Task<ClusterInfo> RestartAsync(ClusterId id, CancellationToken cancellationToken) => TakeTurnAsync(id, async () =>
    {
        var cluster = Require(id);
        await cluster.RestartAsync(cancellationToken);
        return cluster.Describe();
    }, cancellationToken);

    public Task DeleteAsync(ClusterId id, CancellationToken cancellationToken) => TakeTurnAsync(id, async () =>
    {
        if (!_clusters.TryGetValue(id, out var cluster)) return;
        await cluster.StopServerAsync();
        // Without its record a cluster is one that is to be deleted, also for a process that comes after this one.
        File.Delete(cluster.Files.Record);
        _clusters.TryRemove(id, out _);
        Cluster.DeleteFolder(cluster.Files.Folder);
    }, cancellationToken);

    public Task<bool> IsRunningAsync(ClusterId id, CancellationToken cancellationToken)
        => _clusters.TryGetValue(id, out var cluster) ? cluster.AnswersAsync(cancellationToken) : Task.FromResult(false);

    public Task<bool> SetFlagsAsync(ClusterId id, IReadOnlyDictionary<string, string> flags, CancellationToken cancellationToken)
        => TakeTurnAsync(id, () => Require(id).SetFlagsAsync(flags, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<DatabaseInfo>> GetDatabasesAsync(ClusterId id, CancellationToken cancellationToken)
        => ClusterCatalog.GetDatabasesAsync(Require(id), cancellationToken);

    public Task CreateDatabaseAsync(ClusterId id, string name, string? charset, string? collation, CancellationToken cancellationToken)
        => TakeTurnAsync(id, () => ClusterCatalog.CreateDatabaseAsync(Require(id), name, charset, collation, cancellationToken), cancellationToken);

    public Task DropDatabaseAsync(ClusterId id, string name, CancellationToken cancellationToken)
        => TakeTurnAsync(id, () => ClusterCatalog.DropDatabaseAsync(Require(id), name, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<UserInfo>> GetUsersAsync(ClusterId id, CancellationToken cancellationToken) => ClusterCatalog.GetUsersAsync(Require(id), cancellationToken);

    public Task SetUserAsync(ClusterId id, string name, UserKind kind, string? password, IReadOnlyList<string>? databaseRoles, CancellationToken cancellationToken)
        => TakeTurnAsync(id, () => ClusterCatalog.SetUserAsync(Require(id), name, kind, password, databaseRoles, cancellationToken), cancellationToken);

    public Task SetPasswordAsync(ClusterId id, string name, string password, CancellationToken cancellationToken)
        => ClusterCatalog.SetPasswordAsync(Require(id), name, password, cancellationToken);

    public Task DropUserAsync(ClusterId id, string name, CancellationToken cancellationToken)
        => TakeTurnAsync(id, () => ClusterCatalog.DropUserAsync(Require(id), name, cancellationToken), cancellationToken);

    public Task<BackupInfo> BackupAsync(ClusterId id, string backupId, CancellationToken cancellationToken)
        => TakeTurnAsync(id, () => Require(id).BackupAsync(RequireBackupId(backupId), cancellationToken), cancellationToken);

    public Task<ClusterInfo> RestoreAsync(ClusterId id, ClusterId source, string backupId, CancellationToken cancellationToken) => TakeTurnAsync(id, async () =>
    {
        var cluster = Require(id);
        await cluster.RestoreAsync(Require(source).Files.GetBackup(RequireBackupId(backupId)), cancellationToken);
        return cluster.Describe();
    }, cancellationToken);

    public Task DeleteBackupAsync(ClusterId id, string backupId, CancellationToken cancellationToken) => TakeTurnAsync(id, () =>
    {
        if (_clusters.TryGetValue(id, out var cluster)) Cluster.DeleteFolder(cluster.Files.GetBackup(RequireBackupId(backupId)));
        return Task.CompletedTask;
    }, cancellationToken);

    /// <summary>Stops every server. Those that ran are started by the next process that opens the folder.</summary>
    public async ValueTask DisposeAsync()
    {
        await Parallel.ForEachAsync(_clusters.Keys, async (id, _) =>
        {
            try
            {
                await TakeTurnAsync(id, () => _clusters.TryGetValue(id, out var cluster) ? cluster.StopServerAsync() : Task.CompletedTask, CancellationToken.None);
            }
            catch (ClusterException)
            {
                // The next process finds it running, and adopts it.
            }
        });
    }

    private DatabaseAccount Account => _account ?? throw new InvalidOperationException("The clusters were not opened.");

    private async Task<Cluster> OpenClusterAsync(ClusterFiles files, CancellationToken cancellationToken)
    {
        try
        {
            return await Cluster.OpenAsync(files, Account, _installations, IsTaken, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new ClusterException(
                ClusterFailure.Failed, $"The cluster in '{files.Folder}' cannot be read: {exception.Message} Mend or delete that folder, and start the emulator again.", exception);
        }
    }

    private Task<bool> TakeTurnAsync(ClusterId id, Func<Task> work, CancellationToken cancellationToken) => TakeTurnAsync(id, async () =>
    {
        await work();
        return true;
    }, cancellationToken);

    private async Task<T> TakeTurnAsync<T>(ClusterId id, Func<Task<T>> work, CancellationToken cancellationToken)
    {
        var turn = _turns.GetOrAdd(id, _ => new SemaphoreSlim(1, 1));
        await turn.WaitAsync(cancellationToken);
        try
        {
            return await work();
        }
        finally
        {
            turn.Release();
        }
    }

    private Cluster Require(ClusterId id)
        => _clusters.TryGetValue(id, out var cluster) ? cluster : throw new ClusterException(ClusterFailure.NotFound, $"There is no instance '{id.Instance}' in project '{id.Project}'.");

    private bool IsTaken(ClusterAddress address) => _clusters.Values.Any(cluster => cluster.Address == address);

    /// <summary>Another account passes through it where this is root; what is in it has its own rights.</summary>
    private void PrepareFolder(string path)
    {
        DatabaseAccount.CreatePrivateFolder(path);
        if (!OperatingSystem.IsWindows() && Account.Name is not null)
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
    }

    private string GetFolder(ClusterId id)
        => ProjectPattern().IsMatch(id.Project) && InstancePattern().IsMatch(id.Instance)
            // A project of a domain has a colon in its name, which is no character of a file's name everywhere.
            ? Path.Combine(_folder, id.Project.Replace(':', '!'), id.Instance)
            : throw new ClusterException(ClusterFailure.InvalidValue, $"'{id}' cannot be the name of a project and an instance. Nothing was made.");

    private static string RequireBackupId(string backupId)
        => BackupIdPattern().IsMatch(backupId) ? backupId : throw new ClusterException(ClusterFailure.NotFound, $"There is no backup '{backupId}'.");

    [GeneratedRegex(@"^POSTGRES_(\d+)")]
    private static partial Regex VersionPattern();

    [GeneratedRegex(@"^[a-z0-9][a-z0-9.:-]*\z")]
    private static partial Regex ProjectPattern();

    [GeneratedRegex(@"^[a-z][a-z0-9-]*\z")]
    private static partial Regex InstancePattern();

    [GeneratedRegex(@"^[A-Za-z0-9_-]{1,64}\z")]
    private static partial Regex BackupIdPattern();
}
