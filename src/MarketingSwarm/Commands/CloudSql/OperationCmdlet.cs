using System.Management.Automation;
using System.Text.Json.Nodes;
using MarketingSwarm.Engine.GoogleCloud.CloudSql;

namespace MarketingSwarm.Commands;

/// <summary>A cmdlet that begins an operation of Cloud SQL and waits for it.</summary>
public abstract class OperationCmdlet : CloudCmdlet
{
    /// <summary>Gives the operation instead of waiting for it.</summary>
    [Parameter]
    public SwitchParameter NoWait { get; set; }

    /// <summary>How long it is waited for, in seconds.</summary>
    [Parameter]
    [ValidateRange(1, 86_400)]
    public int TimeoutSeconds { get; set; } = 3600;

    private protected TimeSpan WaitTime => TimeSpan.FromSeconds(TimeoutSeconds);

    /// <summary>Waits for an operation, or with <c>-NoWait</c> writes it.</summary>
    /// <param name="project">The project's id.</param>
    /// <param name="operation">The operation; null where nothing is left to wait for.</param>
    /// <returns>Whether it has ended, so that its result can be looked at.</returns>
    private protected bool Complete(string project, JsonObject? operation)
    {
        if (operation is null) return true;
        var shown = CloudSqlObjects.ToOperation(project, operation);
        if (NoWait)
        {
            WriteObject(shown);
            return false;
        }

        StopHint = Engine.Errors.TakeUp(shown);
        RunCloud((api, token) => OperationWait.UntilDoneAsync(api, project, operation, WaitTime, token));
        StopHint = null;
        return true;
    }
}
