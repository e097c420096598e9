using System.Text.Json;
using System.Text.Json.Nodes;

namespace MarketingSwarm.Engine.GoogleCloud.Identity;

internal enum CredentialKind
{
    None,
    AccessToken,

    /// <summary>A file that Google's library reads: a service account's key, a user's login, workload identity, impersonation.</summary>
    File,

    /// <summary>The machine's own account, from the metadata server; whether there is one is seen when it is asked.</summary>
    MetadataServer,
}

/// <summary>
///   Which credential is used, found in the order of Application Default Credentials (https://cloud.google.com/docs/authentication/application-default-credentials)
///   with an access token before them. The search is ours because Google's own keeps its first result until the process ends.
/// </summary>
internal sealed record CredentialChoice
{
    internal const string TokenVariable = "SWARM_ACCESS_TOKEN";

    private const string FileVariable = "GOOGLE_APPLICATION_CREDENTIALS";
    private const string ImpersonationVariable = "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT";

    internal required CredentialKind Kind { get; init; }

    /// <summary>Shown to the user: what it is, never its content.</summary>
    internal required string Description { get; init; }

    internal required string Origin { get; init; }

    internal string? AccessToken { get; init; }

    /// <summary>Whether the token may go to an address that is not Google's.</summary>
    internal bool MayLeaveGoogle { get; init; }

    internal string? Path { get; init; }

    /// <summary>The file's <c>type</c>.</summary>
    internal string? FileType { get; init; }

    /// <summary>The project that the file names: a service account's own, or the one whose quota a user's login takes.</summary>
    internal string? Project { get; init; }

    internal string? ImpersonateServiceAccount { get; init; }

    /// <exception cref="SwarmConfigurationException">A file that was named is missing, unreadable or not a credential.</exception>
    internal static CredentialChoice Find(CloudOptions session, Func<string, string?> environment)
    {
        var impersonated = session.ImpersonateServiceAccount ?? (environment(ImpersonationVariable) is { Length: > 0 } named ? named : null);
        if (session.AccessToken is { } given)
        {
            // Sent as it is, it would act as somebody else than the session asked for.
            if (session.ImpersonateServiceAccount is { } account) throw Errors.ImpersonationNeedsCredential(account);
            return Token(given, session.OriginOf(nameof(CloudSettings.Credential)), session.IsTokenForEndpoint);
        }

        if (session.CredentialFile is { } chosen)
            return FromFile(chosen, session.OriginOf(nameof(CloudSettings.Credential)), impersonated, isRequired: true)!;
        if (environment(TokenVariable) is { Length: > 0 } token)
        {
            if (session.ImpersonateServiceAccount is { } account) throw Errors.ImpersonationNeedsCredential(account);
            return Token(token, $"environment variable {TokenVariable}", mayLeaveGoogle: true);
        }

        if (environment(FileVariable) is { Length: > 0 } path)
            return FromFile(path, $"environment variable {FileVariable}", impersonated, isRequired: true)!;
        var wellKnown = System.IO.Path.Combine(GcloudConfiguration.GetFolder(environment), "application_default_credentials.json");
        if (FromFile(wellKnown, "gcloud auth application-default login", impersonated, isRequired: false) is { } login) return login;
        return new CredentialChoice
        {
            Kind = CredentialKind.MetadataServer,
            Description = "the machine's service account, if it has one",
            Origin = "metadata server",
            ImpersonateServiceAccount = impersonated,
        };
    }

    private static CredentialChoice Token(string token, string origin, bool mayLeaveGoogle) => new()
    {
        Kind = CredentialKind.AccessToken,
        Description = "an access token",
        Origin = origin,
        AccessToken = token.Trim() is { } trimmed && !trimmed.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || c > '~') ? trimmed : throw Errors.AccessTokenMalformed(),
        MayLeaveGoogle = mayLeaveGoogle,
    };

    private static CredentialChoice? FromFile(string path, string origin, string? impersonated, bool isRequired)
    {
        if (!File.Exists(path)) return isRequired ? throw Errors.CredentialFileNotFound(path, origin) : null;
        JsonObject? content;
        try
        {
            content = GoogleJson.Parse(File.ReadAllText(path)) as JsonObject;
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            throw Errors.CredentialFileUnreadable(path, origin, exception is JsonException ? "it is not JSON" : exception.Message);
        }

        if (content?["type"]?.ToString() is not { Length: > 0 } type)
            throw Errors.CredentialFileUnreadable(path, origin, "it has no \"type\"");
        var account = content["client_email"]?.ToString() ?? content["account"]?.ToString();
        var kind = type switch
        {
            "service_account" => $"service account {account}",
            "authorized_user" => account is { Length: > 0 } ? $"user {account}" : "a user's login",
            "external_account" => "workload identity",
            "impersonated_service_account" => "an impersonated service account",
            "external_account_authorized_user" => "a workforce user's login",
            _ => throw Errors.CredentialFileUnreadable(path, origin, $"its type '{type}' is not known"),
        };
        return new CredentialChoice
        {
            Kind = CredentialKind.File,
            Description = (impersonated is null ? kind : $"{impersonated}, impersonated by {kind}") + $" ({path})",
            Origin = origin,
            Path = path,
            FileType = type,
            Project = content["project_id"]?.ToString() ?? content["quota_project_id"]?.ToString(),
            ImpersonateServiceAccount = impersonated,
        };
    }
}
