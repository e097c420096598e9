using System.Text.Json.Nodes;

namespace MarketingSwarm.Engine.GoogleCloud.CloudSql;

/// <summary>Deletes an instance, unless it is protected.</summary>
internal static class InstanceDeletion
{
    /// <summary>The instance, if it may be deleted; null where it is gone already.</summary>
    /// <exception cref="SwarmConfigurationException">It is protected.</exception>
    internal static async Task<JsonObject?> FindAsync(IGoogleApi api, string project, string name, CancellationToken cancellationToken)
    {
        try
        {
            var instance = await api.SendAsync(CloudSqlRequests.GetInstance(project, name), cancellationToken).ConfigureAwait(false);
            return instance.Flag("settings", "deletionProtectionEnabled") ? throw Errors.InstanceProtected(project, name) : instance;
        }
        catch (SwarmCloudException exception) when (exception.Failure == SwarmCloudFailure.NotFound)
        {
            return null;
        }
    }

    /// <summary>Sends the request; the operation is not waited for.</summary>
    /// <returns>The operation; null where a request whose answer was lost has deleted it.</returns>
    internal static async Task<JsonObject?> StartAsync(
        IGoogleApi api, string project, string name, GoogleRequest request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            return await new InstanceChange(api, project, name, timeout)
                .SendAsync(request, "DELETE", async token => await FindAsync(api, project, name, token).ConfigureAwait(false) is null, cancellationToken).ConfigureAwait(false);
        }
        catch (SwarmCloudException exception) when (exception.Failure == SwarmCloudFailure.NotFound)
        {
            // It was there a moment ago: an earlier sending, or somebody else, deleted it.
            return null;
        }
    }
}
