using System.Management.Automation;
using System.Security;
using MarketingSwarm.Engine.GoogleCloud;
using MarketingSwarm.Engine.GoogleCloud.Secrets;

namespace MarketingSwarm.Commands;

/// <summary>Gets secrets of Secret Manager: what is known of them, or with <c>-Value</c> the value of one.</summary>
[Cmdlet(VerbsCommon.Get, "SwarmSecret", DefaultParameterSetName = ListSet)]
[OutputType(typeof(SwarmSecret), ParameterSetName = [ListSet])]
[OutputType(typeof(SwarmSecretValue), ParameterSetName = [ValueSet])]
[OutputType(typeof(string), ParameterSetName = [PlainTextSet])]
public sealed class GetSwarmSecretCommand : CloudCmdlet
{
    private const string ListSet = "List";
    private const string ValueSet = "Value";
    private const string PlainTextSet = "PlainText";

    /// <summary>Names; with wildcards where no value is asked for. Without it: all of the project.</summary>
    [Parameter(Position = 0, ParameterSetName = ListSet)]
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ValueSet)]
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PlainTextSet)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    /// <summary>Gives the value as a SecureString.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ValueSet)]
    public SwitchParameter Value { get; set; }

    /// <summary>Gives the value as readable text, which then is in the host's history and in transcripts wherever it is shown.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PlainTextSet)]
    public SwitchParameter AsPlainText { get; set; }

    /// <summary>The version: a number, an alias or latest.</summary>
    [Parameter(ParameterSetName = ValueSet)]
    [Parameter(ParameterSetName = PlainTextSet)]
    [ValidateNotNullOrEmpty]
    public string Version { get; set; } = "latest";

    private protected override void End()
    {
        var project = Settings.RequireProject();
        if (ParameterSetName == ListSet) List(project);
        else foreach (var name in Name!) Read(project, name);
    }

    private void List(string project)
    {
        // Who may see one secret need not be allowed to list all.
        if (Name is not null && !Name.Any(WildcardPattern.ContainsWildcardCharacters))
        {
            foreach (var name in Name) TryWrite(() => RunCloud((api, token) => GetAsync(api, project, name, token)));
            return;
        }

        var listed = RunCloud((api, token) => SecretObjects.ListAsync(api, project, token));
        var selected = NamePatterns.Select(
            listed, Name, secret => SecretStore.LastSegment(secret.Text("name")), name => WriteError(ErrorRecords.From(Engine.Errors.SecretNotFound(project, name))));
        foreach (var secret in selected) WriteObject(RunCloud((api, token) => SecretObjects.DescribeAsync(api, project, secret, action: null, token)));
    }

    private static Task<SwarmSecret> GetAsync(IGoogleApi api, string project, string name, CancellationToken cancellationToken)
    {
        SecretStore.RequireName(name);
        return SecretObjects.DescribeAsync(api, project, name, action: null, cancellationToken);
    }

    private void Read(string project, string name) => TryWrite(() =>
    {
        var payload = RunCloud((api, token) => SecretStore.AccessAsync(api, project, name, Version, token));
        var text = payload.GetText();
        if (AsPlainText) return text;
        var value = new SecureString();
        foreach (var letter in text) value.AppendChar(letter);
        value.MakeReadOnly();
        return new SwarmSecretValue { Project = project, Name = name, Version = payload.Version, Value = value };
    });

    // One name of several that cannot be had does not keep the others.
    private void TryWrite(Func<object> get)
    {
        try
        {
            WriteObject(get());
        }
        catch (SwarmException exception) when (exception is SwarmConfigurationException or SwarmCloudException { Failure: SwarmCloudFailure.NotFound or SwarmCloudFailure.Busy })
        {
            WriteError(ErrorRecords.From(exception));
        }
    }
}
