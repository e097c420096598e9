using System.Collections;
using System.Management.Automation;
using MarketingSwarm.Engine.Deployment;
using MarketingSwarm.Engine.GoogleCloud;
using MarketingSwarm.Engine.GoogleCloud.CloudSql;

namespace MarketingSwarm.Commands;

/// <summary>
///   Writes the files with which an application runs on Cloud Run with a Cloud SQL instance: service.yaml, .env files, the database configuration, cloudbuild.yaml, and the
///   roles as commands. What is in the folder already is kept and added to; no file ever holds a secret.
/// </summary>
[Cmdlet(VerbsCommon.New, "SwarmDeployment", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(SwarmDeploymentFile))]
public sealed class NewSwarmDeploymentCommand : CloudCmdlet
{
    /// <summary>The instance; without it the session's.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    public CloudSqlInstanceReference? Instance { get; set; }

    /// <summary>The application's folder.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = ".";

    /// <summary>The Cloud Run service's name. Without it, that of the service.yaml that is there.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ServiceCompleter))]
    public string? Service { get; set; }

    /// <summary>The service's region. Without it, the instance's.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RegionCompleter))]
    public string? Region { get; set; }

    /// <summary>The e-mail address of the account that the service runs as. Without it, the file's, else Cloud Run's default.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ServiceAccount { get; set; }

    /// <summary>The container's image. Without it, the file's.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Image { get; set; }

    /// <summary>The database in the instance.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string Database { get; set; } = "marketing_swarm";

    /// <summary>The application's user.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string UserName { get; set; } = "app_user";

    /// <summary>The secret of Secret Manager that has the user's password.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string SecretName { get; set; } = "db-pass";

    /// <summary>The secret's version.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string SecretVersion { get; set; } = "latest";

    /// <summary>How many instances of the service run at most; the pool of each is sized by it.</summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    public int MaxInstances { get; set; } = 3;

    /// <summary>Where the module goes that configures the database, from the folder on.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string ModulePath { get; set; } = "backend/utils/database_config.py";

    /// <summary>The SQLite file of local development, as seen from the application's folder.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string LocalDatabase { get; set; } = "./test_marketing_swarm.db";

    /// <summary>Further variables of the service, by name. No secrets: these are written as they are.</summary>
    [Parameter]
    [ValidateNotNull]
    public Hashtable? Variable { get; set; }

    /// <summary>Replaces a database configuration that this cmdlet did not write.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override string? GivenRegion => Region;

    private protected override void Process()
    {
        var (project, name) = ResolveInstance(Instance);
        var folder = ResolvePath(Path);
        if (!System.IO.Directory.Exists(folder)) throw Engine.Errors.DeploymentFolderNotFound(folder);
        var variables = (Variable ?? []).Cast<DictionaryEntry>().ToDictionary(pair => $"{pair.Key}", pair => $"{pair.Value}");
        var instance = CloudSqlObjects.ToInstance(project, RunCloud((api, token) => api.SendAsync(CloudSqlRequests.GetInstance(project, name), token)));
        var files = DeploymentFiles.Create(folder, new DeploymentOptions
        {
            Instance = instance,
            Service = Service,
            Region = Region ?? instance.Region ?? Settings.RequireRegion(),
            ServiceAccount = ServiceAccount,
            ProjectNumber = ServiceAccount is null ? FindProjectNumber(project) : null,
            Image = Image,
            Database = Database,
            User = UserName,
            Secret = SecretName,
            SecretVersion = SecretVersion,
            MaxInstances = MaxInstances,
            ModulePath = ModulePath,
            LocalDatabase = LocalDatabase,
            Variables = variables,
            IsForced = Force,
        });
        foreach (var warning in files.Warnings) WriteWarning(warning);
        WriteVerbose($"{files.Budget}.");
        foreach (var file in files.Files)
        {
            var isWhatIf = false;
            if (file.IsChanged)
            {
                var isWanted = ShouldProcess($"Write {file.Path}: {file.Purpose}\n{file.Diff}", $"Write {file.Path}?\n{file.Diff}", "Confirm", out var reason);
                isWhatIf = reason == ShouldProcessReason.WhatIf;
                if (!isWanted && !isWhatIf) continue;
                if (isWanted) file.Write();
            }

            WriteObject(new SwarmDeploymentFile { Path = file.Path, Action = file.Action(isWhatIf), Purpose = file.Purpose, Diff = file.Diff });
        }
    }

    // Needed for the name of Cloud Run's default account alone.
    private string? FindProjectNumber(string project)
    {
        try
        {
            return RunCloud((api, token) => ProjectNumbers.FindAsync(api, project, token));
        }
        catch (SwarmCloudException exception)
        {
            WriteWarning($"{exception.Message} The commands of {DeploymentFiles.IamFile} name SERVICE_ACCOUNT_EMAIL in place of the service's account; give -ServiceAccount.");
            return null;
        }
    }
}
