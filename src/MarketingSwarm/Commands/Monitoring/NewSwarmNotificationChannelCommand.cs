using System.Management.Automation;
using MarketingSwarm.Engine.GoogleCloud;
using MarketingSwarm.Engine.GoogleCloud.Monitoring;

namespace MarketingSwarm.Commands;

/// <summary>Makes a notification channel for an e-mail address, or gives the one that is there.</summary>
[Cmdlet(VerbsCommon.New, "SwarmNotificationChannel", SupportsShouldProcess = true)]
[OutputType(typeof(NotificationChannel))]
public sealed class NewSwarmNotificationChannelCommand : CloudCmdlet
{
    /// <summary>The e-mail address that is told.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true)]
    [Alias("EmailAddress")]
    [ValidateNotNullOrEmpty]
    public string Email { get; set; } = "";

    /// <summary>What the console calls the channel. Without it, the address; a channel that is there keeps its name.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? DisplayName { get; set; }

    private protected override void Process()
    {
        EmailChannels.Check(Email);
        var project = Settings.RequireProject();
        var existing = RunCloud((api, token) => EmailChannels.FindAsync(api, project, Email, token));
        if (existing is null)
        {
            var request = EmailChannels.CreateRequest(project, Email, DisplayName);
            if (ConfirmRequest(request, $"Create a notification channel for '{Email}' in project '{project}'", out var isWhatIf))
                WriteChannel(RunCloud((api, token) => EmailChannels.CreateAsync(api, request, project, Email, token)), CloudAction.Created);
            else if (isWhatIf)
                WriteChannel(request.Body!, CloudAction.WouldCreate);
        }
        else if (EmailChannels.RenameRequest(project, existing, DisplayName) is { } rename)
        {
            if (ConfirmRequest(rename, $"Name the notification channel for '{Email}' '{DisplayName}', which is '{existing.Text("displayName")}' now", out var isWhatIf))
                WriteChannel(RunCloud((api, token) => api.SendAsync(rename, token)), CloudAction.Updated);
            else if (isWhatIf)
                WriteChannel(existing, CloudAction.WouldUpdate);
        }
        else
        {
            WriteVerbose($"'{Email}' has the notification channel '{existing.Text("displayName")}' already{(EmailChannels.IsOurs(existing) ? "" : ", which others made")}: nothing is sent.");
            WriteChannel(existing, CloudAction.Present);
        }

        void WriteChannel(System.Text.Json.Nodes.JsonObject described, CloudAction action)
        {
            var channel = MonitoringObjects.ToChannel(project, described, action);
            if (!channel.Enabled) WriteWarning($"The notification channel '{channel.DisplayName}' ({channel}) is off: it passes nothing on.");
            if (channel.VerificationStatus == "UNVERIFIED") WriteWarning($"The notification channel '{channel.DisplayName}' ({channel}) is not verified: it passes nothing on until the code that was mailed is entered in the console.");
            WriteObject(channel);
        }
    }
}
