using System.Text.Json.Nodes;

namespace MarketingSwarm.Engine.GoogleCloud.CloudSql;

/// <summary>The backups of an instance.</summary>
internal static class CloudSqlBackups
{
    private const string CreateOperation = "BACKUP_VOLUME";

    /// <summary>The request that makes a backup now.</summary>
    internal static GoogleRequest Insert(string project, string instance, string? description, string? location)
    {
        if (location is not null) BackupPolicies.Check(instance, new BackupPolicyRequest { Location = location });
        var body = new JsonObject();
        if (description is not null) body["description"] = description;
        if (location is not null) body["location"] = location;
        return CloudSqlRequests.InsertBackup(project, instance, body);
    }

    /// <summary>The newest first.</summary>
    internal static IAsyncEnumerable<JsonObject> ListAsync(IGoogleApi api, string project, string instance, CancellationToken cancellationToken)
        => api.ListAsync(token => CloudSqlRequests.ListBackups(project, instance, token), "items", cancellationToken);

    /// <summary>Sends a request of <see cref="Insert"/> so that it makes one backup, also where its answer is lost.</summary>
    /// <returns>The operation, or null where it is over already; and the backup's id.</returns>
    internal static async Task<(JsonObject? Operation, string? Id)> StartAsync(
        IGoogleApi api, string project, string instance, GoogleRequest request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var before = await ListIdsAsync().ConfigureAwait(false);
        string? made = null;
        var operation = await new InstanceChange(api, project, instance, timeout).SendAsync(request, CreateOperation, IsThereAsync, cancellationToken).ConfigureAwait(false);
        return (operation, operation.Text("backupContext", "backupId") ?? made);

        async Task<bool> IsThereAsync(CancellationToken token)
        {
            await foreach (var backup in ListAsync(api, project, instance, token).ConfigureAwait(false))
            {
                if (before.Contains(backup.Text("id")!) || backup.Text("type") == "AUTOMATED" || backup.Text("description") != request.Body.Text("description")) continue;
                made = backup.Text("id");
                return true;
            }

            return false;
        }

        async Task<HashSet<string>> ListIdsAsync()
        {
            HashSet<string> ids = [];
            await foreach (var backup in ListAsync(api, project, instance, cancellationToken).ConfigureAwait(false)) ids.Add(backup.Text("id")!);
            return ids;
        }
    }

    internal static CloudSqlBackup ToBackup(string project, string instance, JsonObject backup) => new()
    {
        Project = project,
        Instance = backup.Text("instance") ?? instance,
        Id = backup.Text("id") ?? "",
        Status = backup.Text("status") ?? "",
        Type = backup.Text("type"),
        Description = backup.Text("description"),
        Location = backup.Text("location"),
        StartTime = backup.Time("startTime") ?? backup.Time("enqueuedTime") ?? backup.Time("windowStartTime"),
        EndTime = backup.Time("endTime"),
        Error = backup["error"] is JsonObject error ? $"[{error.Text("code")}] {error.Text("message")}" : null,
        Json = backup.ToJsonString(),
    };
}
