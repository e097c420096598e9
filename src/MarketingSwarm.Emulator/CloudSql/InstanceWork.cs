using System.Globalization;
using System.Text.Json.Nodes;
using MarketingSwarm.Emulator.Clusters;
using MarketingSwarm.Emulator.Connector;
using MarketingSwarm.Emulator.Hosting;

namespace MarketingSwarm.Emulator.CloudSql;

/// <summary>What each type of operation does to the cluster, and what the state says afterwards. Everything can be done twice.</summary>
internal sealed class InstanceWork(Instances instances, IClusterHost clusters, InstanceCertificates certificates, ProxyServers proxies, EmulatorLog log)
{
    private const string CutShort = "The emulator was stopped before the operation was done, and the password that it needs is not kept. Repeat the request.";

    /// <param name="operation">What to do.</param>
    /// <param name="password">The password, where it wants one; null when it is taken up after a crash.</param>
    /// <param name="isTakenUp">Whether a part of it may have been done before.</param>
    /// <param name="cancellationToken">Ends it, to be taken up later.</param>
    /// <exception cref="ClusterException">It cannot be done.</exception>
    public async Task DoAsync(PendingOperation operation, string? password, bool isTakenUp, CancellationToken cancellationToken)
    {
        var id = operation.Id;
        switch (operation.Type)
        {
            case "CREATE":
                await CreateAsync(operation, password, isTakenUp, cancellationToken);
                break;
            case "UPDATE" when operation.Text("certificates") is { } change:
                ChangeCertificates(id, Enum.Parse<CertificateChange>(change));
                break;
            case "UPDATE":
                await UpdateAsync(operation, cancellationToken);
                break;
            case "DELETE":
                await clusters.DeleteAsync(id, cancellationToken);
                break;
            case "RESTART":
                await clusters.RestartAsync(id, cancellationToken);
                break;
            case "CREATE_DATABASE":
                await UnlessDoneBeforeAsync(
                    isTakenUp, ClusterFailure.AlreadyExists,
                    clusters.CreateDatabaseAsync(id, operation.Text("name")!, operation.Text("charset"), operation.Text("collation"), cancellationToken));
                break;
            case "DELETE_DATABASE":
                await UnlessDoneBeforeAsync(isTakenUp, ClusterFailure.NotFound, clusters.DropDatabaseAsync(id, operation.Text("name")!, cancellationToken));
                break;
            case "UPDATE_DATABASE":
                break;
            case "CREATE_USER" or "UPDATE_USER":
                await SetUserAsync(operation, password, isTakenUp, cancellationToken);
                break;
            case "DELETE_USER":
                await UnlessDoneBeforeAsync(isTakenUp, ClusterFailure.NotFound, clusters.DropUserAsync(id, operation.Text("name")!, cancellationToken));
                break;
            case "BACKUP_VOLUME":
                await BackUpAsync(operation, isTakenUp, cancellationToken);
                break;
            case "DELETE_BACKUP":
                await clusters.DeleteBackupAsync(id, operation.Text("backup")!, cancellationToken);
                break;
            case "RESTORE_VOLUME":
                await clusters.RestoreAsync(id, new ClusterId(operation.Text("sourceProject")!, operation.Text("sourceInstance")!), operation.Text("backup")!, cancellationToken);
                break;
            default:
                throw new ClusterException(ClusterFailure.Failed, $"An operation of the type {operation.Type} is not known here.");
        }
    }

    /// <summary>Writes what is so now that the operation is over.</summary>
    public void Finish(PendingOperation operation, bool succeeded)
    {
        var id = operation.Id;
        switch (operation.Type)
        {
            case "CREATE":
                if (succeeded) certificates.Ensure(id);
                instances.Change(id, instance =>
                {
                    instance["state"] = succeeded ? "RUNNABLE" : "FAILED";
                    if (clusters.Find(id) is { } cluster) instance["databaseInstalledVersion"] = "POSTGRES_" + cluster.ServerVersion.Replace('.', '_');
                });
                break;
            case "UPDATE" when succeeded && operation.Arguments["settings"] is not null:
                instances.Change(id, instance => instance["settings"] = operation.Arguments["settings"]!.DeepClone());
                break;
            case "DELETE" when succeeded:
                instances.Delete(id);
                certificates.Delete(id);
                break;
            case "DELETE":
                instances.Change(id, instance => instance["state"] = operation.Text("stateBefore"));
                break;
            case "BACKUP_VOLUME":
                instances.ChangeBackup(id, operation.Text("backup")!, run =>
                {
                    run["status"] = succeeded ? "SUCCESSFUL" : "FAILED";
                    run["endTime"] = Operations.Now();
                });
                break;
            case "DELETE_BACKUP" when succeeded:
                instances.DeleteBackup(id, operation.Text("backup")!);
                break;
            default:
                break;
        }

        proxies.Update(id);
    }

    private void ChangeCertificates(ClusterId id, CertificateChange change)
    {
        switch (change)
        {
            case CertificateChange.Add:
                certificates.AddServerAuthority(id);
                break;
            case CertificateChange.Rotate:
                certificates.RotateServerAuthority(id);
                break;
            default:
                certificates.Reset(id);
                break;
        }
    }

    private async Task CreateAsync(PendingOperation operation, string? password, bool isTakenUp, CancellationToken cancellationToken)
    {
        var id = operation.Id;
        var instance = instances.Find(id) ?? throw new ClusterException(ClusterFailure.NotFound, "The instance is not in the state.");
        var settings = instance["settings"]!.AsObject();
        // A cluster is there whole, with its password, or not at all.
        var cluster = isTakenUp ? clusters.Find(id) : null;
        if (cluster is null)
        {
            if (operation.WantsPassword && password is null) throw new ClusterException(ClusterFailure.Failed, CutShort);
            ClusterSpec spec = new(instance["databaseVersion"]!.GetValue<string>(), InstanceSettings.FlagsOf(settings), password);
            cluster = await clusters.CreateAsync(id, spec, cancellationToken);
        }

        log.Write($"{id}: PostgreSQL {cluster.ServerVersion} on {cluster.Address.IPAddress}:{cluster.Address.Port.ToString(CultureInfo.InvariantCulture)}. {string.Join(' ', cluster.Remarks)}");
        if (settings["activationPolicy"]!.GetValue<string>() == "NEVER") await clusters.StopAsync(id, cancellationToken);
    }

    private async Task UpdateAsync(PendingOperation operation, CancellationToken cancellationToken)
    {
        var id = operation.Id;
        var before = instances.Find(id)!["settings"]!.AsObject();
        var after = operation.Arguments["settings"]!.AsObject();
        var restarted = await clusters.SetFlagsAsync(id, InstanceSettings.FlagsOf(after), cancellationToken);
        if (after["activationPolicy"]!.GetValue<string>() == "NEVER") await clusters.StopAsync(id, cancellationToken);
        else if (before["activationPolicy"]!.GetValue<string>() == "NEVER") await clusters.StartAsync(id, cancellationToken);
        else if (!restarted && InstanceSettings.RequiresRestart(before, after)) await clusters.RestartAsync(id, cancellationToken);
    }

    private async Task SetUserAsync(PendingOperation operation, string? password, bool isTakenUp, CancellationToken cancellationToken)
    {
        var (id, name) = (operation.Id, operation.Text("name")!);
        if (operation.WantsPassword && password is null)
        {
            var isNew = operation.Type == "CREATE_USER" && operation.Arguments["isNew"]!.GetValue<bool>();
            // A user is made with its password in one step: one that is there now has it.
            if (isTakenUp && isNew && (await clusters.GetUsersAsync(id, cancellationToken)).Any(user => user.Name == name)) return;
            throw new ClusterException(ClusterFailure.Failed, CutShort);
        }

        var roles = (operation.Arguments["databaseRoles"] as JsonArray)?.Select(role => role!.GetValue<string>()).ToList();
        await clusters.SetUserAsync(id, name, Enum.Parse<UserKind>(operation.Text("kind")!), password, roles, cancellationToken);
    }

    private async Task BackUpAsync(PendingOperation operation, bool isTakenUp, CancellationToken cancellationToken)
    {
        var (id, backup) = (operation.Id, operation.Text("backup")!);
        instances.ChangeBackup(id, backup, run =>
        {
            run["status"] = "RUNNING";
            run["startTime"] ??= Operations.Now();
        });
        if (isTakenUp) await clusters.DeleteBackupAsync(id, backup, cancellationToken);
        var taken = await clusters.BackupAsync(id, backup, cancellationToken);
        instances.ChangeBackup(id, backup, run => run["maxChargeableBytes"] = taken.SizeInBytes.ToString(CultureInfo.InvariantCulture));
    }

    private static async Task UnlessDoneBeforeAsync(bool isTakenUp, ClusterFailure sign, Task task)
    {
        try
        {
            await task;
        }
        catch (ClusterException e) when (isTakenUp && e.Failure == sign)
        {
            // The part before the crash had done it.
        }
    }
}
