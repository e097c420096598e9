using System.Management.Automation;
using MarketingSwarm.Engine.GoogleCloud;

namespace MarketingSwarm.Commands;

/// <summary>A cmdlet that asks Google Cloud, or an emulator in its place.</summary>
public abstract class CloudCmdlet : SwarmCmdlet
{
    private static int _lastActivityId = 1_000_000;

    private readonly PipelineDispatcher _dispatcher = new();
    private readonly int _activityId = Interlocked.Increment(ref _lastActivityId);
    private GoogleApiClient? _client;
    private string? _shownActivity;

    /// <summary>The project's id. Without it: the session's (Set-SwarmContext), <c>GOOGLE_CLOUD_PROJECT</c>, gcloud's configuration, the credential's own.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ProjectCompleter))]
    public string? Project { get; set; }

    /// <summary>The region that this cmdlet was told, for the settings.</summary>
    private protected virtual string? GivenRegion => null;

    /// <summary>What Ctrl+C says while something is waited for that goes on at Google's side; null where nothing does.</summary>
    private protected string? StopHint { get; set; }

    private protected IGoogleApi Api
        => _client ??= new GoogleApiClient(
            CloudSettings.Resolve(SwarmContextStore.Current, Project, GivenRegion, Environment.GetEnvironmentVariable), new CmdletTrace(this));

    private protected CloudSettings Settings => Api.Settings;

    /// <summary>Which project and instance are meant: those of the reference, else the session's.</summary>
    /// <exception cref="SwarmConfigurationException">Neither names an instance or a project.</exception>
    private protected (string Project, string Instance) ResolveInstance(CloudSqlInstanceReference? reference)
        => (reference?.Project ?? Settings.RequireProject(), reference?.Name ?? Settings.Instance ?? throw Engine.Errors.InstanceNotNamed());

    /// <summary>Does the engine's work and shows meanwhile its messages and how far its waits are.</summary>
    private protected T RunCloud<T>(Func<IGoogleApi, CancellationToken, Task<T>> work)
    {
        // Made here: the session's context is that of the pipeline's thread.
        var api = Api;
        try
        {
            return _dispatcher.Run(token => work(api, token), StopToken);
        }
        catch (OperationCanceledException) when (StopToken.IsCancellationRequested)
        {
            // The streams are closed by now; the host still listens.
            if (StopHint is not null) Host.UI.WriteWarningLine(StopHint);
            throw;
        }
        finally
        {
            EndProgress();
        }
    }

    /// <summary>ShouldProcess for a request: <c>-WhatIf</c> shows its method, address and body, secret fields as <c>***</c>.</summary>
    /// <param name="request">What is about to be sent.</param>
    /// <param name="description">What it does, for the question of <c>-Confirm</c>: <c>Create instance 'x' in project 'y'</c>.</param>
    /// <param name="isWhatIf">Whether <c>-WhatIf</c> is why it is not done.</param>
    private protected bool ConfirmRequest(GoogleRequest request, string description, out bool isWhatIf)
    {
        var isWanted = ShouldProcess(request.Describe(Settings.GetAddress(request.Api)), $"{description}?", "Confirm", out var reason);
        isWhatIf = reason == ShouldProcessReason.WhatIf;
        return isWanted;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _client?.Dispose();
        base.Dispose(disposing);
    }

    private void EndProgress()
    {
        if (_shownActivity is not { } activity) return;
        _shownActivity = null;
        try
        {
            WriteProgress(new ProgressRecord(_activityId, activity, activity) { RecordType = ProgressRecordType.Completed });
        }
        catch (Exception exception) when (exception is PipelineStoppedException or InvalidOperationException)
        {
            // The pipeline has stopped, and its host takes its bars away itself.
        }
    }

    private sealed class CmdletTrace(CloudCmdlet cmdlet) : ICloudTrace
    {
        public void Verbose(string text) => cmdlet._dispatcher.Post(() => cmdlet.WriteVerbose(text));

        public void Debug(Func<string> text)
        {
            // Made at once: what it shows may be changed later.
            var shown = text();
            cmdlet._dispatcher.Post(() => cmdlet.WriteDebug(shown));
        }

        public void Warning(string text) => cmdlet._dispatcher.Post(() => cmdlet.WriteWarning(text));

        public void Progress(string activity, string status) => cmdlet._dispatcher.Post(() =>
        {
            cmdlet._shownActivity = activity;
            cmdlet.WriteProgress(new ProgressRecord(cmdlet._activityId, activity, status));
        });
    }
}
