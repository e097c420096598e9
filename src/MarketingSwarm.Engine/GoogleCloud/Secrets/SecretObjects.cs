using System.Text.Json.Nodes;

namespace MarketingSwarm.Engine.GoogleCloud.Secrets;

/// <summary>The objects that users get, from what Secret Manager says.</summary>
internal static class SecretObjects
{
    /// <summary>All secrets of a project.</summary>
    internal static async Task<IReadOnlyList<JsonObject>> ListAsync(IGoogleApi api, string project, CancellationToken cancellationToken)
    {
        List<JsonObject> secrets = [];
        await foreach (var secret in api.ListAsync(token => SecretRequests.List(project, token), "secrets", cancellationToken).ConfigureAwait(false)) secrets.Add(secret);
        return secrets;
    }

    /// <summary>One secret with what its versions are, without any value.</summary>
    /// <exception cref="SwarmCloudException">It is not there.</exception>
    internal static async Task<SwarmSecret> DescribeAsync(IGoogleApi api, string project, string name, CloudAction? action, CancellationToken cancellationToken)
        => await DescribeAsync(api, project, await api.SendAsync(SecretRequests.Get(project, name), cancellationToken).ConfigureAwait(false), action, cancellationToken).ConfigureAwait(false);

    /// <summary>A secret that was read with what its versions are, without any value.</summary>
    internal static async Task<SwarmSecret> DescribeAsync(IGoogleApi api, string project, JsonObject secret, CloudAction? action, CancellationToken cancellationToken)
    {
        var name = SecretStore.LastSegment(secret.Text("name"));
        List<JsonObject> versions = [];
        await foreach (var version in api.ListAsync(token => SecretRequests.ListVersions(project, name, token), "versions", cancellationToken).ConfigureAwait(false)) versions.Add(version);
        // Listed newest first, and numbered one up from the one before.
        var latest = versions.MaxBy(NumberOf);
        return new SwarmSecret
        {
            Project = project,
            Name = name,
            LatestVersion = latest is null ? null : SecretStore.LastSegment(latest.Text("name")),
            State = latest.Text("state"),
            LatestVersionTime = latest.Time("createTime"),
            VersionCount = versions.Count(version => version.Text("state") != "DESTROYED"),
            Replication = ReplicationOf(secret),
            CreateTime = secret.Time("createTime"),
            Labels = secret.Map("labels"),
            Action = action,
            Json = secret.ToJsonString(),
        };
    }

    /// <summary>What <c>-WhatIf</c> shows of a secret.</summary>
    internal static SwarmSecret Preview(string project, string name, CloudAction action) => new() { Project = project, Name = name, Action = action, Json = "{}" };

    private static long NumberOf(JsonObject version) => long.TryParse(SecretStore.LastSegment(version.Text("name")), out var number) ? number : 0;

    private static string? ReplicationOf(JsonObject secret)
    {
        if (secret["replication"] is not JsonObject replication) return null;
        return replication["automatic"] is not null ? "automatic" : string.Join(", ", replication.Items("userManaged", "replicas").Select(replica => replica.Text("location")));
    }
}
