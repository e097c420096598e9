using MarketingSwarm.Emulator.Clusters;

namespace MarketingSwarm.Emulator.CloudSql;

/// <summary>The names of the kinds of users.</summary>
internal static class UserKinds
{
    public static string NameOf(UserKind kind) => kind switch
    {
        UserKind.IamUser => "CLOUD_IAM_USER",
        UserKind.IamServiceAccount => "CLOUD_IAM_SERVICE_ACCOUNT",
        UserKind.IamGroup => "CLOUD_IAM_GROUP",
        _ => "BUILT_IN",
    };

    /// <exception cref="Hosting.ApiException">The emulator has no users of this type.</exception>
    public static UserKind Parse(string? type) => type switch
    {
        null or "" or "BUILT_IN" => UserKind.BuiltIn,
        "CLOUD_IAM_USER" => UserKind.IamUser,
        "CLOUD_IAM_SERVICE_ACCOUNT" => UserKind.IamServiceAccount,
        "CLOUD_IAM_GROUP" => UserKind.IamGroup,
        _ => throw SqlErrors.Invalid($"Invalid user type ({type}) for PostgreSQL."),
    };
}
