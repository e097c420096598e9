using System.Management.Automation;
using MarketingSwarm.Engine.GoogleCloud.Monitoring;

namespace MarketingSwarm.Commands;

/// <summary>
///   Sees to it that a Cloud SQL instance has alert policies: makes those that are missing, and changes of those that are there only what is asked. Run
///   again, it changes nothing.
/// </summary>
[Cmdlet(VerbsCommon.Set, "SwarmAlertPolicy", SupportsShouldProcess = true)]
[OutputType(typeof(AlertPolicy))]
public sealed class SetSwarmAlertPolicyCommand : CloudCmdlet
{
    /// <summary>The instance that is watched: its name, <c>PROJECT:REGION:NAME</c> or an object. Without it, the session's.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    public CloudSqlInstanceReference? Instance { get; set; }

    /// <summary>What is watched, a policy each.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public AlertPreset[] Preset { get; set; } = [AlertPreset.Cpu];

    /// <summary>
    ///   From which share on an incident is opened, above 0 and below 1. Without it, a policy keeps what it has, and a new one gets 0.8, or 0.9 for memory.
    /// </summary>
    [Parameter]
    public double? Threshold { get; set; }

    /// <summary>How long the threshold must be passed, in seconds: a multiple of 60. Without it, a policy keeps what it has, and a new one gets 300.</summary>
    [Parameter]
    [Alias("Duration")]
    public int? DurationSeconds { get; set; }

    /// <summary>Who is told as well as those who are told already: objects of New-SwarmNotificationChannel, resource names or ids.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("ChannelName")]
    [AllowNull]
    public NotificationChannelReference[]? NotificationChannel { get; set; }

    /// <summary>What notifications call the policy, where one preset is given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? DisplayName { get; set; }

    private protected override void Begin() => CreateWish().Check();

    private protected override void Process()
    {
        var (project, instance) = ResolveInstance(Instance);
        var wish = CreateWish();
        IReadOnlyList<AlertPolicyPlan> plans;
        try
        {
            plans = RunCloud((api, token) => AlertPolicies.PlanAsync(api, project, instance, wish, token));
        }
        catch (SwarmCloudException exception) when (exception.Failure == SwarmCloudFailure.NotFound)
        {
            // Other instances may come down the pipeline.
            WriteError(ErrorRecords.From(exception));
            return;
        }

        foreach (var plan in plans)
        {
            foreach (var warning in plan.Warnings) WriteWarning(warning);
            if (plan.Request is not { } request)
            {
                WriteVerbose($"The alert policy '{plan.Preview}' is as asked: nothing is sent.");
                WriteObject(plan.Preview);
            }
            else if (ConfirmRequest(request, plan.Description, out var isWhatIf))
            {
                WriteObject(RunCloud(plan.ApplyAsync));
            }
            else if (isWhatIf)
            {
                WriteObject(plan.Preview);
            }
        }
    }

    private AlertWish CreateWish() => new()
    {
        Presets = Preset,
        Threshold = Threshold,
        Seconds = DurationSeconds,
        DisplayName = DisplayName,
        // With -WhatIf the channel that would be made has no name yet.
        Channels = [.. (NotificationChannel ?? []).OfType<NotificationChannelReference>()],
    };
}
