using System.Text.Json.Nodes;
using MarketingSwarm.Emulator.Clusters;
using MarketingSwarm.Emulator.State;

namespace MarketingSwarm.Emulator.CloudSql;

/// <summary>The instances and their backups in the state, without what is known elsewhere: addresses and links.</summary>
internal sealed class Instances(StateStore store)
{
    /// <summary>The collection of the instances in the state.</summary>
    public const string Collection = "sql-instances";

    private const string BackupCollection = "sql-backups";

    /// <summary>The instance; null when there is none.</summary>
    public JsonObject? Find(ClusterId id) => store.Get(Collection, KeyOf(id));

    /// <exception cref="Hosting.ApiException">There is none.</exception>
    public JsonObject Get(ClusterId id) => Find(id) ?? throw SqlErrors.InstanceDoesNotExist();

    /// <summary>An instance that works can be asked and changed.</summary>
    /// <exception cref="Hosting.ApiException">There is none, or its creation is not over or failed.</exception>
    public JsonObject GetRunnable(ClusterId id)
    {
        var instance = Get(id);
        return instance["state"]!.GetValue<string>() == "RUNNABLE" ? instance : throw SqlErrors.InvalidState();
    }

    /// <summary>The project's instances by name.</summary>
    public IEnumerable<JsonObject> List(string project) => store.List(Collection, project + "/").Select(entry => entry.Value);

    /// <exception cref="Hosting.ApiException">There is one with its name.</exception>
    public void Add(ClusterId id, JsonObject instance)
    {
        if (!store.TryAdd(Collection, KeyOf(id), instance)) throw SqlErrors.InstanceAlreadyExists();
    }

    /// <summary>Changes the instance where it still is.</summary>
    public void Change(ClusterId id, Action<JsonObject> change) => store.Change(Collection, KeyOf(id), instance =>
    {
        if (instance is not null) change(instance);
        return instance;
    });

    /// <summary>Deletes the instance and what is known of its backups.</summary>
    public void Delete(ClusterId id)
    {
        foreach (var (key, _) in store.List(BackupCollection, KeyOf(id) + "/")) store.Delete(BackupCollection, key);
        store.Delete(Collection, KeyOf(id));
    }

    /// <summary>A backup run; null when there is none.</summary>
    public JsonObject? FindBackup(ClusterId id, string backup) => store.Get(BackupCollection, $"{KeyOf(id)}/{backup}");

    /// <summary>The backup runs, the newest first.</summary>
    public IEnumerable<JsonObject> ListBackups(ClusterId id) => store.List(BackupCollection, KeyOf(id) + "/").Reverse().Select(entry => entry.Value);

    public void PutBackup(ClusterId id, string backup, JsonObject run) => store.Put(BackupCollection, $"{KeyOf(id)}/{backup}", run);

    /// <summary>Changes the backup run where it still is.</summary>
    public void ChangeBackup(ClusterId id, string backup, Action<JsonObject> change) => store.Change(BackupCollection, $"{KeyOf(id)}/{backup}", run =>
    {
        if (run is not null) change(run);
        return run;
    });

    public void DeleteBackup(ClusterId id, string backup) => store.Delete(BackupCollection, $"{KeyOf(id)}/{backup}");

    /// <summary>Mends what an emulator's death left between the state of an instance and the operation that was to change it: nobody was told of that one.</summary>
    /// <param name="isBusy">Whether an operation of the instance is under way.</param>
    /// <param name="hasCluster">Whether its cluster is there.</param>
    public void Reconcile(Func<ClusterId, bool> isBusy, Func<ClusterId, bool> hasCluster)
    {
        foreach (var (_, instance) in store.List(Collection))
        {
            ClusterId id = new(instance["project"]!.GetValue<string>(), instance["name"]!.GetValue<string>());
            if (isBusy(id)) continue;
            var state = instance["state"]!.GetValue<string>();
            if (state == "PENDING_CREATE") Delete(id);
            else if (state == "PENDING_DELETE") Change(id, stored => stored["state"] = hasCluster(id) ? "RUNNABLE" : "FAILED");
            foreach (var run in ListBackups(id).Where(run => run["status"]!.GetValue<string>() is "ENQUEUED" or "RUNNING").ToList()) DeleteBackup(id, run["id"]!.GetValue<string>());
        }
    }

    private static string KeyOf(ClusterId id) => $"{id.Project}/{id.Instance}";
}
