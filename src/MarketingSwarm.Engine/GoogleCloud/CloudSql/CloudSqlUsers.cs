using System.Text.Json.Nodes;

namespace MarketingSwarm.Engine.GoogleCloud.CloudSql;

/// <summary>The users of an instance.</summary>
internal static class CloudSqlUsers
{
    private const string CreateOperation = "CREATE_USER";
    private const string UpdateOperation = "UPDATE_USER";
    private const string BuiltInType = "BUILT_IN";
    private const string IamFlag = "cloudsql.iam_authentication";
    private const string ServiceAccountDomain = ".gserviceaccount.com";

    /// <summary>The request that makes a user.</summary>
    internal static GoogleRequest Insert(string project, string instance, string name, CloudSqlUserType type, string? password)
    {
        CloudSqlDatabases.RequireName("user", name);
        var body = new JsonObject { ["name"] = name };
        if (type == CloudSqlUserType.BuiltIn) body["password"] = password;
        else body["type"] = ToGoogle(type);
        return CloudSqlRequests.InsertUser(project, instance, body);
    }

    /// <summary>The request that sets the password of a user that is there.</summary>
    internal static GoogleRequest SetPassword(string project, string instance, string name, string password)
        => CloudSqlRequests.UpdateUser(project, instance, name, new JsonObject { ["name"] = name, ["password"] = password });

    /// <summary>All users of an instance.</summary>
    internal static async Task<JsonObject[]> ListAsync(IGoogleApi api, string project, string instance, CancellationToken cancellationToken)
        => [.. (await api.SendAsync(CloudSqlRequests.ListUsers(project, instance), cancellationToken).ConfigureAwait(false)).Items("items")];

    /// <summary>The user as Google describes it; null where it is not there.</summary>
    internal static async Task<JsonObject?> FindAsync(IGoogleApi api, string project, string instance, string name, CancellationToken cancellationToken)
        => (await ListAsync(api, project, instance, cancellationToken).ConfigureAwait(false)).FirstOrDefault(user => user.Text("name") == name);

    /// <summary>Sends a request of <see cref="Insert"/> or <see cref="SetPassword"/>; the operation is not waited for.</summary>
    /// <returns>The operation; null where the user turned out to be there already.</returns>
    internal static Task<JsonObject?> StartAsync(
        IGoogleApi api, string project, string instance, string name, GoogleRequest request, TimeSpan timeout, CancellationToken cancellationToken)
        => new InstanceChange(api, project, instance, timeout).SendAsync(request, GetOperation(request), IsThere(api, project, instance, name), cancellationToken);

    /// <summary>Sends a request of <see cref="Insert"/> or <see cref="SetPassword"/> and waits until it is carried out.</summary>
    internal static Task ApplyAsync(
        IGoogleApi api, string project, string instance, string name, GoogleRequest request, TimeSpan timeout, CancellationToken cancellationToken)
        => new InstanceChange(api, project, instance, timeout).ApplyAsync(request, GetOperation(request), IsThere(api, project, instance, name), cancellationToken);

    /// <summary>
    ///   The name that PostgreSQL knows an account by: a Google account's e-mail address; a service account's without <c>.gserviceaccount.com</c>
    ///   (https://cloud.google.com/sql/docs/postgres/add-manage-iam-users).
    /// </summary>
    /// <exception cref="SwarmConfigurationException">It is no account of that kind.</exception>
    internal static string ToDatabaseName(string name, CloudSqlUserType type)
    {
        if (type == CloudSqlUserType.BuiltIn) return name;
        var isServiceAccount = name.EndsWith(ServiceAccountDomain, StringComparison.OrdinalIgnoreCase);
        if (name.Split('@') is not [{ Length: > 0 }, { Length: > 0 }] || name.Any(char.IsWhiteSpace) || (isServiceAccount && type == CloudSqlUserType.IamUser))
            throw Errors.CloudUserNameMalformed(name, type);
        return isServiceAccount ? name[..^ServiceAccountDomain.Length] : name;
    }

    /// <summary>An account of Google's can log in only where a flag of the instance allows it.</summary>
    /// <exception cref="SwarmConfigurationException">The flag is not on.</exception>
    internal static async Task RequireIamAuthenticationAsync(IGoogleApi api, string project, string instance, CancellationToken cancellationToken)
    {
        var found = await api.SendAsync(CloudSqlRequests.GetInstance(project, instance), cancellationToken).ConfigureAwait(false);
        if (!found.Items("settings", "databaseFlags").Any(flag => flag.Text("name") == IamFlag && flag.Text("value") == "on"))
            throw Errors.IamAuthenticationOff(instance, IamFlag);
    }

    internal static CloudSqlUser ToUser(string project, string instance, JsonObject user, CloudAction? action = null, string? passwordSecret = null) => new()
    {
        Project = user.Text("project") ?? project,
        Instance = user.Text("instance") ?? instance,
        Name = user.Text("name") ?? "",
        Type = TypeOf(user),
        DatabaseRoles = [.. (user["databaseRoles"] as JsonArray)?.Select(role => $"{role}") ?? []],
        PasswordSecret = passwordSecret,
        Action = action,
        Json = SecretFields.Mask(user).ToJsonString(),
    };

    /// <exception cref="SwarmConfigurationException">The user that is there is of another kind.</exception>
    internal static void RequireSame(string instance, JsonObject user, CloudSqlUserType type)
    {
        if (TypeOf(user) != ToGoogle(type)) throw Errors.CloudUserDiffers(instance, user.Text("name")!, TypeOf(user), ToGoogle(type));
    }

    private static string ToGoogle(CloudSqlUserType type) => type switch
    {
        CloudSqlUserType.IamUser => "CLOUD_IAM_USER",
        CloudSqlUserType.IamServiceAccount => "CLOUD_IAM_SERVICE_ACCOUNT",
        _ => BuiltInType,
    };

    private static string TypeOf(JsonObject user) => user.Text("type") is { Length: > 0 } type ? type : BuiltInType;

    private static string GetOperation(GoogleRequest request) => request.Method == HttpMethod.Put ? UpdateOperation : CreateOperation;

    private static Func<CancellationToken, Task<bool>> IsThere(IGoogleApi api, string project, string instance, string name)
        => async token => await FindAsync(api, project, instance, name, token).ConfigureAwait(false) is not null;
}
