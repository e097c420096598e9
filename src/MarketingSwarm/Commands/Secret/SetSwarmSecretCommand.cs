using System.Management.Automation;
using System.Net;
using System.Security;
using MarketingSwarm.Engine.GoogleCloud.Secrets;

namespace MarketingSwarm.Commands;

/// <summary>Gives a secret of Secret Manager a value: the secret is made if it is not there, a version is added only where the latest has another value.</summary>
[Cmdlet(VerbsCommon.Set, "SwarmSecret", DefaultParameterSetName = ValueSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(SwarmSecret))]
public sealed class SetSwarmSecretCommand : CloudCmdlet
{
    private const string ValueSet = "Value";
    private const string GenerateSet = "Generate";

    /// <summary>The secret's name: 1 to 255 letters, digits, hyphens and underscores.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNull]
    public string Name { get; set; } = "";

    /// <summary>The value, stored as UTF-8 without anything added: at most 65,536 bytes.</summary>
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = ValueSet)]
    [ValidateNotNull]
    public SecureString? Value { get; set; }

    /// <summary>Makes a value of 32 letters. A secret that has a value keeps it.</summary>
    [Parameter(Mandatory = true, ParameterSetName = GenerateSet)]
    public SwitchParameter Generate { get; set; }

    private protected override void End()
    {
        var project = Settings.RequireProject();
        var outcome = Value is null ? WriteGenerated(project) : WriteValue(project, new NetworkCredential("", Value).Password);
        if (outcome is not null) WriteObject(RunCloud((api, token) => SecretObjects.DescribeAsync(api, project, Name, outcome.Action, token)));
    }

    private SecretOutcome? WriteValue(string project, string value)
    {
        SecretStore.Encode(Name, value);
        if (value is [.., '\n' or '\r']) WriteWarning($"The value for secret '{Name}' ends with a line break, which is stored as a part of it.");
        var state = RunCloud((api, token) => SecretStore.CompareAsync(api, project, Name, value, token));
        if (!state.IsSame && !Confirm(project, value, state)) return null;
        return RunCloud((api, token) => SecretStore.WriteAsync(api, project, Name, value, state, token));
    }

    private SecretOutcome? WriteGenerated(string project)
    {
        var value = GeneratedPassword.Create();
        var state = RunCloud((api, token) => SecretStore.CompareAsync(api, project, Name, value, token));
        if (state.Version is { } version) return new SecretOutcome(CloudAction.Present, version);
        if (!Confirm(project, value, state)) return null;
        return RunCloud((api, token) => SecretStore.WriteAsync(api, project, Name, value, state, token));
    }

    private bool Confirm(string project, string value, SecretState state)
    {
        if (SecretConfirmation.Confirm(project, Name, value, state, ConfirmRequest, out var isWhatIf)) return true;
        if (isWhatIf) WriteObject(SecretObjects.Preview(project, Name, state.Exists ? CloudAction.WouldUpdate : CloudAction.WouldCreate));
        return false;
    }
}
