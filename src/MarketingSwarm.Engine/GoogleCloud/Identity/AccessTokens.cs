using Google.Apis.Auth.OAuth2;
using Google.Apis.Auth.OAuth2.Responses;

namespace MarketingSwarm.Engine.GoogleCloud.Identity;

/// <summary>
///   The access tokens of a <see cref="CredentialChoice"/>, got and renewed by Google's library. A credential is kept for the process, so that its
///   token is not fetched for every cmdlet, but not beyond a change of its file: a new login counts at once.
/// </summary>
internal static class AccessTokens
{
    private const string CloudPlatform = "https://www.googleapis.com/auth/cloud-platform";

    // All that a token needs to log in to a database: what is handed over can do no more.
    private const string DatabaseLogin = "https://www.googleapis.com/auth/sqlservice.login";

    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, GoogleCredential> Kept = [];

    /// <summary>A token that is valid now, and the headers that go with it, such as the project whose quota is used.</summary>
    /// <param name="choice">Which credential.</param>
    /// <param name="address">Where the token is sent to.</param>
    /// <param name="isRejected">Whether the last one was answered with 401: then a new credential is made.</param>
    /// <param name="cancellationToken">Ends the wait for the token.</param>
    /// <exception cref="SwarmCloudException">There is no credential, it was revoked, or it must not be sent to this address.</exception>
    internal static async Task<AccessTokenWithHeaders> GetAsync(CredentialChoice choice, Uri address, bool isRejected, CancellationToken cancellationToken)
    {
        if (!CloudSettings.IsGoogle(address) && !choice.MayLeaveGoogle) throw Errors.CredentialNotForAddress(address, choice);
        if (choice.AccessToken is { } token) return new AccessTokenWithHeaders(token, new Dictionary<string, IReadOnlyList<string>>());
        return await AskAsync(choice, async () =>
        {
            var credential = await GetCredentialAsync(choice, isRejected, cancellationToken).ConfigureAwait(false);
            return await ((ITokenAccessWithHeaders)credential).GetAccessTokenWithHeadersForRequestAsync(address.ToString(), cancellationToken).ConfigureAwait(false);
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A token that logs in to a database by IAM, and when it ends, where that is known.</summary>
    /// <inheritdoc cref="GetAsync"/>
    internal static async Task<(string Token, DateTimeOffset? Expiry)> GetLoginAsync(CredentialChoice choice, Uri address, CancellationToken cancellationToken)
    {
        if (!CloudSettings.IsGoogle(address) && !choice.MayLeaveGoogle) throw Errors.CredentialNotForAddress(address, choice);
        if (choice.AccessToken is { } given) return (given, null);
        return await AskAsync(choice, async () =>
        {
            var credential = (await GetCredentialAsync(choice, isRejected: false, cancellationToken).ConfigureAwait(false)).CreateScoped(DatabaseLogin);
            // A token that the account signed itself is for Google's APIs alone.
            if (credential.UnderlyingCredential is ServiceAccountCredential account) credential = account.WithUseJwtAccessWithScopes(false).ToGoogleCredential();
            var token = await ((ITokenAccess)credential).GetAccessTokenForRequestAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
            var answer = credential.UnderlyingCredential switch
            {
                ServiceCredential service => service.Token,
                UserCredential user => user.Token,
                _ => null,
            };
            DateTimeOffset? expiry = answer is { ExpiresInSeconds: { } seconds } ? new DateTimeOffset(answer.IssuedUtc, TimeSpan.Zero).AddSeconds(seconds) : null;
            return (token, expiry);
        }, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<T> AskAsync<T>(CredentialChoice choice, Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (TokenResponseException exception)
        {
            throw Errors.CredentialExpired(choice, exception.Error?.Error ?? "", exception.Error?.ErrorDescription ?? "");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Errors.CredentialNotUsable(choice, "no answer in time");
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or SwarmException))
        {
            // What a broken file or key makes the library throw is not written down: errors of cryptography, of its JSON, of its own.
            throw Errors.CredentialNotUsable(choice, exception.InnerException is IOException inner ? $"{exception.Message.TrimEnd('.')}: {inner.Message}" : exception.Message);
        }
    }

    private static async Task<GoogleCredential> GetCredentialAsync(CredentialChoice choice, bool isRejected, CancellationToken cancellationToken)
    {
        var file = choice.Path is { } path ? new FileInfo(path) : null;
        var key = $"{choice.Kind}|{choice.Path}|{file?.LastWriteTimeUtc.Ticks}|{file?.Length}|{choice.ImpersonateServiceAccount}|{Environment.GetEnvironmentVariable("GCE_METADATA_HOST")}";
        lock (Gate)
        {
            if (isRejected) Kept.Remove(key);
            else if (Kept.TryGetValue(key, out var kept)) return kept;
        }

        GoogleCredential credential;
        if (choice.Kind == CredentialKind.File)
        {
            credential = await CredentialFactory.FromFileAsync(choice.Path!, choice.FileType!, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            if (!await HasMetadataServerAsync().ConfigureAwait(false)) throw Errors.CredentialNotFound();
            credential = new ComputeCredential().ToGoogleCredential();
        }

        if (choice.ImpersonateServiceAccount is { } account)
        {
            credential = credential.CreateScoped(CloudPlatform).Impersonate(new ImpersonatedCredential.Initializer(account) { Scopes = [CloudPlatform] });
        }

        credential = credential.CreateScoped(CloudPlatform);
        if (choice.Kind == CredentialKind.File) credential = credential.CreateWithEnvironmentQuotaProject();
        lock (Gate)
        {
            Kept[key] = credential;
        }

        return credential;
    }

    // Where the environment says that there is one, it is not looked for: the look takes seconds where there is none, and is not repeated.
    private static Task<bool> HasMetadataServerAsync()
        => Environment.GetEnvironmentVariable("GCE_METADATA_HOST") is { Length: > 0 } || Environment.GetEnvironmentVariable("K_SERVICE") is { Length: > 0 }
            ? Task.FromResult(true)
            : ComputeCredential.IsRunningOnComputeEngine();
}
