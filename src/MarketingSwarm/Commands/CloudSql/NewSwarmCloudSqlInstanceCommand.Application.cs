using System.Management.Automation;
using System.Net;
using System.Text.Json.Nodes;
using MarketingSwarm.Engine.GoogleCloud;
using MarketingSwarm.Engine.GoogleCloud.CloudSql;
using MarketingSwarm.Engine.GoogleCloud.Secrets;

namespace MarketingSwarm.Commands;

/// <content>What an application needs in the instance. The secret is written before the user, who is made from what is stored: a rerun finds the same password.</content>
public sealed partial class NewSwarmCloudSqlInstanceCommand
{
    private const string ClientRole = "roles/cloudsql.client";

    private readonly List<CloudSqlProvisioningStep> _steps = [];
    private JsonObject? _instance;
    private string? _secretVersion;

    /// <summary>The database to be made in it.</summary>
    [Parameter(Mandatory = true, ParameterSetName = CredentialSet)]
    [Parameter(Mandatory = true, ParameterSetName = GeneratedSet)]
    [ValidateNotNullOrEmpty]
    public string Database { get; set; } = "";

    /// <summary>The application's user and password.</summary>
    [Parameter(Mandatory = true, ParameterSetName = CredentialSet)]
    [ValidateNotNull]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>The application's user.</summary>
    [Parameter(ParameterSetName = GeneratedSet)]
    [ValidateNotNullOrEmpty]
    public string UserName { get; set; } = "app_user";

    /// <summary>Makes a password that nobody sees, and keeps it in the secret. A secret that has one keeps it, and the user gets that.</summary>
    [Parameter(Mandatory = true, ParameterSetName = GeneratedSet)]
    public SwitchParameter GeneratePassword { get; set; }

    /// <summary>The secret of Secret Manager that has the password.</summary>
    [Parameter(ParameterSetName = CredentialSet)]
    [Parameter(Mandatory = true, ParameterSetName = GeneratedSet)]
    [ValidateNotNullOrEmpty]
    public string? SecretName { get; set; }

    /// <summary>Who may read the secret: <c>serviceAccount:app@my-project.iam.gserviceaccount.com</c>, say.</summary>
    [Parameter(ParameterSetName = CredentialSet)]
    [Parameter(ParameterSetName = GeneratedSet)]
    [ValidateNotNull]
    public string[] SecretAccessor { get; set; } = [];

    /// <summary>Sets the password of a user that is there to the secret's. Without it such a user keeps its password, and a secret that would change is refused.</summary>
    [Parameter(ParameterSetName = CredentialSet)]
    [Parameter(ParameterSetName = GeneratedSet)]
    public SwitchParameter ResetPassword { get; set; }

    private string User => Credential is null ? UserName : Credential.UserName;

    private string? GivenPassword => Credential is null ? null : new NetworkCredential("", Credential.Password).Password;

    private void RequireApplication()
    {
        CloudSqlDatabases.RequireName("database", Database);
        CloudSqlDatabases.RequireName("user", User);
        if (GivenPassword is { Length: 0 }) throw Engine.Errors.PasswordEmpty(User);
        if (SecretName is not null)
        {
            SecretStore.RequireName(SecretName);
            if (GivenPassword is not null) SecretStore.Encode(SecretName, GivenPassword);
        }
        else if (SecretAccessor.Length > 0)
        {
            throw Engine.Errors.AccessorWithoutSecret();
        }

        foreach (var member in SecretAccessor) IamGrants.RequireMember(member);
    }

    private void Provision(InstanceSpecification specification, InstanceCreation creation)
    {
        try
        {
            var isWhole = ProvisionInstance(specification, creation)
                && ProvisionDatabase(specification.Project)
                && ProvisionUser(specification.Project)
                && SecretAccessor.All(member => GrantSecret(specification.Project, member));
            if (isWhole)
            {
                Add($"role {ClientRole}", CloudAction.NotChecked,
                    "The application's account needs it to connect: Grant-SwarmCloudSqlAccess serviceAccount:EMAIL");
            }
        }
        finally
        {
            // After an error too, so that it is seen how far it came; not after Ctrl+C, when the streams are closed.
            if (_steps.Count > 0 && !StopToken.IsCancellationRequested) WriteObject(Summarize(specification.Project));
        }
    }

    private bool ProvisionInstance(InstanceSpecification specification, InstanceCreation creation)
    {
        _instance = RunCloud((_, token) => creation.FindAsync(token));
        var step = $"instance {Name}";
        var detail = $"{specification.Tier}, {specification.DatabaseVersion}, {specification.Region}";
        var action = CloudAction.Present;
        if (_instance is null)
        {
            var notChecked = CheckNetwork(specification);
            if (specification.Network is { } network)
                Add($"network {network.Split('/')[^1]}", notChecked is null ? CloudAction.Present : CloudAction.NotChecked, notChecked ?? "It has private services access.");
            if (!ConfirmRequest(creation.Request, Describe(specification), out var isWhatIf))
            {
                if (isWhatIf) Add(step, CloudAction.WouldCreate, detail);
                return isWhatIf;
            }

            var operation = RunCloud((_, token) => creation.StartAsync(token));
            _instance = Wait(specification, creation, operation);
            action = CloudAction.Created;
        }
        else if (ShouldWait(_instance))
        {
            _instance = Wait(specification, creation, operation: null);
        }

        Add(step, action, detail);
        var state = CloudSqlObjects.ToInstance(specification.Project, _instance).State;
        if (state == "STOPPED") throw Engine.Errors.InstanceStopped(specification.Project, Name);
        return state is "RUNNABLE" or "PENDING_CREATE" ? true : throw Engine.Errors.InstanceNotReady(Name, state);
    }

    private bool ProvisionDatabase(string project)
    {
        var step = $"database {Database}";
        if (_instance is not null && RunCloud((api, token) => CloudSqlDatabases.FindAsync(api, project, Name, Database, token)) is { } found)
        {
            CloudSqlDatabases.RequireSame(Name, found, charset: null, collation: null);
            Add(step, CloudAction.Present, $"{found.Text("charset")}, {found.Text("collation")}");
            return true;
        }

        var request = CloudSqlDatabases.Insert(project, Name, Database, charset: null, collation: null);
        if (!ConfirmRequest(request, $"Create database '{Database}' in instance '{Name}'", out var isWhatIf)) return Preview(step, CloudAction.WouldCreate, isWhatIf);
        RunCloud(async (api, token) =>
        {
            await CloudSqlDatabases.CreateAsync(api, project, Name, Database, request, Timeout, token).ConfigureAwait(false);
            return true;
        });
        Add(step, CloudAction.Created);
        return true;
    }

    private bool ProvisionUser(string project)
    {
        var step = $"user {User}";
        // Looked for before the secret is written: a secret must not come to hold a password that its user does not have.
        var found = _instance is null ? null : RunCloud((api, token) => CloudSqlUsers.FindAsync(api, project, Name, User, token));
        if (found is not null) CloudSqlUsers.RequireSame(Name, found, CloudSqlUserType.BuiltIn);
        if (GetPassword(project, isUserKept: found is not null && !ResetPassword) is not { } password) return false;

        if (found is not null && !ResetPassword)
        {
            Add(step, CloudAction.Present, "Its password was left as it is.");
            return true;
        }

        var request = found is null
            ? CloudSqlUsers.Insert(project, Name, User, CloudSqlUserType.BuiltIn, password) : CloudSqlUsers.SetPassword(project, Name, User, password);
        var description = found is null ? $"Create user '{User}' in instance '{Name}'" : $"Set the password of user '{User}' of instance '{Name}'";
        if (!ConfirmRequest(request, description, out var isWhatIf)) return Preview(step, found is null ? CloudAction.WouldCreate : CloudAction.WouldUpdate, isWhatIf);
        RunCloud(async (api, token) =>
        {
            await CloudSqlUsers.ApplyAsync(api, project, Name, User, request, Timeout, token).ConfigureAwait(false);
            return true;
        });
        Add(step, found is null ? CloudAction.Created : CloudAction.Updated, found is null ? null : "Its password was set.");
        return true;
    }

    // The password that is stored, so that user and secret agree whatever was interrupted; without a secret the one that was given. Null after a No.
    private string? GetPassword(string project, bool isUserKept)
    {
        if (SecretName is not { } secret) return GivenPassword!;

        var step = $"secret {secret}";
        var stored = RunCloud((api, token) => SecretStore.TryAccessAsync(api, project, secret, token));
        if (stored is not null && (GivenPassword is null || stored.Data.SequenceEqual(SecretStore.Encode(secret, GivenPassword))))
        {
            if (stored.EndsWithLineBreak) WriteWarning($"The value of secret '{secret}' ends with a line break, which is a part of the password then.");
            _secretVersion = stored.Version;
            Add(step, CloudAction.Present, $"version {stored.Version}");
            return stored.GetText();
        }

        if (isUserKept) throw Engine.Errors.CloudUserPasswordUnknown(Name, User, secret);
        var value = GivenPassword ?? GeneratedPassword.Create();
        var state = RunCloud((api, token) => SecretStore.CompareAsync(api, project, secret, value, token));
        if (!state.Exists && !ConfirmRequest(SecretRequests.Insert(project, secret), $"Create secret '{secret}' in project '{project}'", out var isWhatIf) && !isWhatIf) return null;
        var addition = SecretRequests.AddVersion(project, secret, SecretStore.Encode(secret, value));
        if (!ConfirmRequest(addition, $"Add a version with the password to secret '{secret}'", out isWhatIf))
            return Preview(step, state.Exists ? CloudAction.WouldUpdate : CloudAction.WouldCreate, isWhatIf) ? value : null;

        var (action, written) = RunCloud(async (api, token) =>
        {
            var outcome = await SecretStore.WriteAsync(api, project, secret, value, state, token).ConfigureAwait(false);
            return (outcome.Action, await SecretStore.AccessAsync(api, project, secret, "latest", token).ConfigureAwait(false));
        });
        _secretVersion = written.Version;
        Add(step, action, $"version {written.Version}");
        return written.GetText();
    }

    private bool GrantSecret(string project, string member)
    {
        var secret = SecretName!;
        var step = $"access to secret {secret}";
        JsonObject? missing = null;
        if (_steps.Exists(done => done.Step == $"secret {secret}" && done.Action == CloudAction.WouldCreate))
        {
            // There is no policy yet that could be read.
            missing = [];
            IamGrants.Add(missing, SecretGrants.AccessorRole, member);
        }

        var request = missing is not null ? SecretRequests.SetPolicy(project, secret, missing)
            : RunCloud((api, token) => SecretGrants.PlanAsync(api, project, secret, member, token));
        if (request is null)
        {
            Add(step, CloudAction.Present, member);
            return true;
        }

        if (!ConfirmRequest(request, $"Let {member} read secret '{secret}'", out var isWhatIf)) return Preview(step, CloudAction.WouldCreate, isWhatIf, member);
        Add(step, RunCloud((api, token) => SecretGrants.EnsureAsync(api, project, secret, member, token)), member);
        return true;
    }

    // Whether the steps go on: with -WhatIf they do, after a No they do not.
    private bool Preview(string step, CloudAction action, bool isWhatIf, string? detail = null)
    {
        if (isWhatIf) Add(step, action, detail);
        return isWhatIf;
    }

    private void Add(string step, CloudAction action, string? detail = null)
        => _steps.Add(new CloudSqlProvisioningStep { Step = step, Action = action, Detail = detail });

    private CloudSqlProvisioning Summarize(string project)
    {
        var made = _instance is null ? null : CloudSqlObjects.ToInstance(project, _instance);
        return new CloudSqlProvisioning
        {
            Project = project,
            Instance = Name,
            ConnectionName = made?.ConnectionName,
            PublicAddress = made?.PublicAddress,
            PrivateAddress = made?.PrivateAddress,
            Database = Database,
            UserName = User,
            SecretName = SecretName,
            SecretVersion = _secretVersion,
            Steps = [.. _steps],
        };
    }
}
