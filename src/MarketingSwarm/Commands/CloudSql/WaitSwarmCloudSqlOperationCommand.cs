using System.Management.Automation;
using MarketingSwarm.Engine.GoogleCloud.CloudSql;

namespace MarketingSwarm.Commands;

/// <summary>Waits until operations of Cloud SQL have ended. An operation that ends in failure is an error; the others are waited for nevertheless.</summary>
[Cmdlet(VerbsLifecycle.Wait, "SwarmCloudSqlOperation")]
[OutputType(typeof(CloudSqlOperation))]
public sealed class WaitSwarmCloudSqlOperationCommand : CloudCmdlet
{
    /// <summary>The operations' names, or the operations themselves.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name")]
    [ValidateNotNullOrEmpty]
    public CloudSqlOperationReference[] Operation { get; set; } = [];

    /// <summary>How long each is waited for, in seconds.</summary>
    [Parameter]
    [ValidateRange(1, 86_400)]
    public int TimeoutSeconds { get; set; } = 3600;

    private protected override void Process()
    {
        foreach (var reference in Operation) Wait(reference.Project ?? Settings.RequireProject(), reference.Name);
    }

    private void Wait(string project, string name)
    {
        try
        {
            var ended = RunCloud(async (api, token) =>
            {
                var operation = await api.SendAsync(CloudSqlRequests.GetOperation(project, name), token).ConfigureAwait(false);
                StopHint = Engine.Errors.TakeUp(CloudSqlObjects.ToOperation(project, operation));
                return await OperationWait.UntilDoneAsync(api, project, operation, TimeSpan.FromSeconds(TimeoutSeconds), token).ConfigureAwait(false);
            });
            WriteObject(CloudSqlObjects.ToOperation(project, ended));
        }
        catch (SwarmCloudException exception) when (exception.Failure == SwarmCloudFailure.NotFound)
        {
            WriteError(ErrorRecords.From(Engine.Errors.OperationNotFound(project, name)));
        }
        catch (SwarmCloudException exception) when (exception.Failure is SwarmCloudFailure.OperationFailed or SwarmCloudFailure.Timeout)
        {
            WriteError(ErrorRecords.From(exception));
        }
    }
}
