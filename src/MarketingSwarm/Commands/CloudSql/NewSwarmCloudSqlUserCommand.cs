using System.Management.Automation;
using System.Net;
using System.Text.Json.Nodes;
using MarketingSwarm.Engine.GoogleCloud.CloudSql;
using MarketingSwarm.Engine.GoogleCloud.Secrets;

namespace MarketingSwarm.Commands;

/// <summary>
///   Makes a user of a Cloud SQL instance: with a password that is given, taken from Secret Manager or made and kept there, or a Google account. One that is
///   there keeps its password unless <c>-ResetPassword</c> is given.
/// </summary>
[Cmdlet(VerbsCommon.New, "SwarmCloudSqlUser", DefaultParameterSetName = CredentialSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(CloudSqlUser), typeof(CloudSqlOperation))]
public sealed class NewSwarmCloudSqlUserCommand : OperationCmdlet
{
    private const string CredentialSet = "Credential";
    private const string SecretSet = "PasswordSecret";
    private const string GenerateSet = "GeneratePassword";
    private const string TypeSet = "Type";

    /// <summary>The user's name and password. A name alone asks for the password.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = CredentialSet)]
    [Credential]
    [ValidateNotNull]
    public PSCredential? Credential { get; set; }

    /// <summary>The user's name, at most 63 bytes; of a Google account, its e-mail address.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = SecretSet)]
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = GenerateSet)]
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = TypeSet)]
    [ValidateNotNull]
    public string UserName { get; set; } = "";

    /// <summary>The secret of Secret Manager whose latest version is the password.</summary>
    [Parameter(Mandatory = true, ParameterSetName = SecretSet)]
    [ValidateNotNull]
    public string PasswordSecret { get; set; } = "";

    /// <summary>Makes a password of 32 letters and writes it to <c>-SecretName</c> first. A secret that has a value is used as it is.</summary>
    [Parameter(Mandatory = true, ParameterSetName = GenerateSet)]
    public SwitchParameter GeneratePassword { get; set; }

    /// <summary>The secret that keeps the generated password.</summary>
    [Parameter(Mandatory = true, ParameterSetName = GenerateSet)]
    [ValidateNotNull]
    public string SecretName { get; set; } = "";

    /// <summary>How the user proves who he is: IamUser and IamServiceAccount by a token of Google's. BuiltIn takes a password by the other parameters.</summary>
    [Parameter(Mandatory = true, ParameterSetName = TypeSet)]
    public CloudSqlUserType Type { get; set; }

    /// <summary>Sets the password of a user that is there. Who uses the old one can no longer log in.</summary>
    [Parameter(ParameterSetName = CredentialSet)]
    [Parameter(ParameterSetName = SecretSet)]
    [Parameter(ParameterSetName = GenerateSet)]
    public SwitchParameter ResetPassword { get; set; }

    /// <summary>The instance; without it the session's.</summary>
    [Parameter(ValueFromPipeline = true)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    public CloudSqlInstanceReference? Instance { get; set; }

    private string? Secret => ParameterSetName == SecretSet ? PasswordSecret : ParameterSetName == GenerateSet ? SecretName : null;

    private protected override void Process()
    {
        var (project, instance) = ResolveInstance(Instance);
        var user = CloudSqlUsers.ToDatabaseName(ParameterSetName == CredentialSet ? Credential!.UserName : UserName, Type);
        CloudSqlDatabases.RequireName("user", user);
        if (Secret is not null) SecretStore.RequireName(Secret);
        if (Type == CloudSqlUserType.BuiltIn && ParameterSetName == TypeSet) throw Engine.Errors.CloudUserWithoutPassword(user);

        if (Type != CloudSqlUserType.BuiltIn)
            RunCloud(async (api, token) =>
            {
                await CloudSqlUsers.RequireIamAuthenticationAsync(api, project, instance, token).ConfigureAwait(false);
                return true;
            });

        var found = RunCloud((api, token) => CloudSqlUsers.FindAsync(api, project, instance, user, token));
        if (found is not null)
        {
            CloudSqlUsers.RequireSame(instance, found, Type);
            if (!ResetPassword)
            {
                RequireKnownPassword(project, instance, user);
                WriteObject(CloudSqlUsers.ToUser(project, instance, found, CloudAction.Present, ParameterSetName == GenerateSet ? SecretName : null));
                return;
            }
        }

        if (!TryGetPassword(project, user, out var password)) return;
        var request = found is null ? CloudSqlUsers.Insert(project, instance, user, Type, password) : CloudSqlUsers.SetPassword(project, instance, user, password!);
        var description = found is null ? "Create user" : "Set the password of user";
        if (!ConfirmRequest(request, $"{description} '{user}' in instance '{instance}' of project '{project}'", out var isWhatIf))
        {
            if (isWhatIf) WriteObject(ToUser(found ?? request.Body!, found is null ? CloudAction.WouldCreate : CloudAction.WouldUpdate));
            return;
        }

        if (!Complete(project, RunCloud((api, token) => CloudSqlUsers.StartAsync(api, project, instance, user, request, WaitTime, token)))) return;
        var made = RunCloud((api, token) => CloudSqlUsers.FindAsync(api, project, instance, user, token)) ?? throw Engine.Errors.CloudUserNotFound(project, instance, user);
        WriteObject(ToUser(made, found is null ? CloudAction.Created : CloudAction.Updated));

        CloudSqlUser ToUser(JsonObject described, CloudAction action) => CloudSqlUsers.ToUser(project, instance, described, action, Secret);
    }

    // A generated password is in its secret; of others nobody knows whether they are the one that was given.
    private void RequireKnownPassword(string project, string instance, string user)
    {
        if (ParameterSetName == GenerateSet)
        {
            if (RunCloud((api, token) => SecretStore.TryAccessAsync(api, project, SecretName, token)) is null) throw Engine.Errors.CloudUserPasswordUnknown(instance, user, SecretName);
        }
        else if (ParameterSetName != TypeSet)
        {
            WriteWarning($"Instance '{instance}' has the user '{user}' already: its password was not changed. -ResetPassword sets it.");
        }
    }

    // The secret is written before the user is made of it: a run that ends between the two leaves what the next one takes up.
    private bool TryGetPassword(string project, string user, out string? password)
    {
        password = null;
        if (ParameterSetName == TypeSet) return true;
        if (ParameterSetName == CredentialSet)
        {
            password = new NetworkCredential("", Credential!.Password).Password;
        }
        else if (ParameterSetName == SecretSet)
        {
            password = GetText(RunCloud((api, token) => SecretStore.AccessAsync(api, project, PasswordSecret, "latest", token)));
        }
        else if (RunCloud((api, token) => SecretStore.TryAccessAsync(api, project, SecretName, token)) is { } stored)
        {
            password = GetText(stored);
        }
        else
        {
            var generated = GeneratedPassword.Create();
            var state = RunCloud((api, token) => SecretStore.CompareAsync(api, project, SecretName, generated, token));
            if (!SecretConfirmation.Confirm(project, SecretName, generated, state, ConfirmRequest, out var isWhatIf))
            {
                password = generated;
                return isWhatIf;
            }

            password = GetText(RunCloud((api, token) => SecretStore.EnsureGeneratedAsync(api, project, SecretName, token)).Payload);
        }

        return password.Length > 0 ? true : throw Engine.Errors.PasswordEmpty(user);
    }

    private string GetText(SecretPayload payload)
    {
        if (payload.EndsWithLineBreak)
            WriteWarning($"The value of secret '{payload.Secret}' ends with a line break, which a shell's <<< adds: it is a part of the password. Set-SwarmSecret adds none.");
        return payload.GetText();
    }
}
