using System.Management.Automation;
using MarketingSwarm.Engine.GoogleCloud.CloudSql;

namespace MarketingSwarm.Commands;

/// <summary>Gets the users of a Cloud SQL instance. Passwords are told by nobody.</summary>
[Cmdlet(VerbsCommon.Get, "SwarmCloudSqlUser")]
[OutputType(typeof(CloudSqlUser))]
public sealed class GetSwarmCloudSqlUserCommand : CloudCmdlet
{
    /// <summary>Names, with wildcards, in upper and lower case as they are. Without it: all.</summary>
    [Parameter(Position = 0)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    /// <summary>The instance; without it the session's.</summary>
    [Parameter(ValueFromPipeline = true)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    public CloudSqlInstanceReference? Instance { get; set; }

    private protected override void Process()
    {
        var (project, instance) = ResolveInstance(Instance);
        var found = RunCloud((api, token) => CloudSqlUsers.ListAsync(api, project, instance, token)).Select(item => CloudSqlUsers.ToUser(project, instance, item)).ToArray();
        var selected = NamePatterns.Select(
            found, Name, user => user.Name, name => WriteError(ErrorRecords.From(Engine.Errors.CloudUserNotFound(project, instance, name))));
        foreach (var user in selected) WriteObject(user);
    }
}
