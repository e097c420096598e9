using System.Management.Automation;
using System.Net;
using System.Security;
using MarketingSwarm.Engine.GoogleCloud;

namespace MarketingSwarm.Commands;

/// <summary>
///   Sets what this PowerShell session uses for Google Cloud when a cmdlet does not say. What is not given stays as it is; nothing is written to a file, and
///   other sessions are not touched.
/// </summary>
[Cmdlet(VerbsCommon.Set, "SwarmContext", SupportsShouldProcess = true, DefaultParameterSetName = CredentialFileSet)]
[OutputType(typeof(SwarmContext))]
public sealed class SetSwarmContextCommand : SwarmCmdlet
{
    private const string CredentialFileSet = "CredentialFile";
    private const string AccessTokenSet = "AccessToken";

    /// <summary>The project's id.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ProjectCompleter))]
    public string? Project { get; set; }

    /// <summary>The region, such as us-central1.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RegionCompleter))]
    public string? Region { get; set; }

    /// <summary>The Cloud SQL instance that cmdlets take when none is named.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Name")]
    [ValidateNotNullOrEmpty]
    public string? Instance { get; set; }

    /// <summary>A file with a credential: a service account's key, a user's login, workload identity, impersonation. It is read at each use.</summary>
    [Parameter(ParameterSetName = CredentialFileSet)]
    [ValidateNotNullOrEmpty]
    public string? CredentialPath { get; set; }

    /// <summary>An access token. It goes to Google's addresses, and to <c>-Endpoint</c> where both are given together. It is not renewed.</summary>
    [Parameter(ParameterSetName = AccessTokenSet, Mandatory = true)]
    public SecureString? AccessToken { get; set; }

    /// <summary>The service account in whose name requests are made; the credential needs roles/iam.serviceAccountTokenCreator on it.</summary>
    [Parameter(ParameterSetName = CredentialFileSet)]
    [ValidateNotNullOrEmpty]
    public string? ImpersonateServiceAccount { get; set; }

    /// <summary>One base address for all of Google's APIs, an emulator's say. Plain http goes to loopback only.</summary>
    [Parameter]
    [ValidateNotNull]
    public Uri? Endpoint { get; set; }

    /// <summary>Forgets what the session was told before, so that the environment decides again.</summary>
    [Parameter]
    public SwitchParameter Reset { get; set; }

    private IEnumerable<string> SetHere()
    {
        if (Project is not null) yield return nameof(SwarmContext.Project);
        if (Region is not null) yield return nameof(SwarmContext.Region);
        if (Instance is not null) yield return nameof(SwarmContext.Instance);
        if (CredentialPath is not null || AccessToken is not null) yield return nameof(SwarmContext.Credential);
        if (Endpoint is not null) yield return nameof(SwarmContext.Endpoint);
    }

    private protected override void Process()
    {
        var options = Reset ? new CloudOptions() : SwarmContextStore.Current;
        options = options with
        {
            Project = Project ?? options.Project,
            Region = Region ?? options.Region,
            Instance = Instance ?? options.Instance,
            ImpersonateServiceAccount = ImpersonateServiceAccount ?? options.ImpersonateServiceAccount,
            SetByEmulator = options.SetByEmulator.Except(SetHere()),
        };
        if (CredentialPath is not null) options = options with { CredentialFile = ResolvePath(CredentialPath), AccessToken = null, IsTokenForEndpoint = false };
        if (Endpoint is not null && Endpoint != options.Endpoint)
        {
            // A token that was given for another address must not follow to the new one.
            options = options with { Endpoint = Endpoint, AccessToken = options.IsTokenForEndpoint ? null : options.AccessToken, IsTokenForEndpoint = false };
        }

        if (AccessToken is not null)
        {
            options = options with
            {
                AccessToken = new NetworkCredential("", AccessToken).Password,
                IsTokenForEndpoint = Endpoint is not null,
                CredentialFile = null,
                ImpersonateServiceAccount = null,
            };
        }

        var context = CloudSettings.Resolve(options, null, null, Environment.GetEnvironmentVariable).ToContext();
        if (!ShouldProcess("the session's context", $"Set {context}")) return;
        SwarmContextStore.Current = options;
        WriteObject(context);
    }
}
