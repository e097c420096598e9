using System.Runtime.CompilerServices;
using MarketingSwarm.Engine.GoogleCloud;
using MarketingSwarm.Engine.GoogleCloud.Identity;

namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    private const string LoginCommand = "gcloud auth application-default login";

    private const string CredentialForms =
        "Run 'gcloud auth application-default login', or set GOOGLE_APPLICATION_CREDENTIALS to a credential file, or Set-SwarmContext -AccessToken. "
        + "To rehearse without Google: Start-SwarmEmulator.";

    internal static SwarmConfigurationException ProjectNotKnown() => Configuration(
        "No Google Cloud project is known: neither -Project, Set-SwarmContext, GOOGLE_CLOUD_PROJECT nor gcloud's configuration names one.",
        "Give -Project ID, or once for the session: Set-SwarmContext -Project ID.", "Project");

    internal static SwarmConfigurationException RegionNotKnown() => Configuration(
        "No region is known: neither -Region, Set-SwarmContext, CLOUDSDK_COMPUTE_REGION nor gcloud's configuration names one.",
        "Give -Region, us-central1 say, or once for the session: Set-SwarmContext -Region us-central1.", "Region");

    internal static SwarmConfigurationException InstanceNotNamed() => Configuration(
        "No Cloud SQL instance was named, and the session has none.",
        "Give -Instance NAME, or once for the session: Set-SwarmContext -Instance NAME. Get-SwarmCloudSqlInstance lists them.", "Instance");

    internal static SwarmConfigurationException EndpointMalformed(string value, string setting) => Configuration(
        $"{setting}: '{DatabaseReference.MaskPassword(value)}' is not a base address: https://HOST[:PORT]/[PATH] is expected, without user, query and fragment.",
        "Take it away to use Google's own addresses.", DatabaseReference.MaskPassword(value));

    internal static SwarmConfigurationException EndpointNotEncrypted(Uri address, string setting) => Configuration(
        $"{setting}: {address} is plain http to another machine, over which nothing is sent: tokens and passwords would be readable on the way.",
        "Use https; plain http goes to loopback (127.0.0.1, localhost) alone.", address);

    internal static SwarmConfigurationException CredentialFileNotFound(string path, string origin) => Configuration(
        $"The credential file '{path}' ({origin}) does not exist.", $"Correct the path, or take the setting away and run '{LoginCommand}'.", path);

    internal static SwarmConfigurationException CredentialFileUnreadable(string path, string origin, string problem) => Configuration(
        $"The credential file '{path}' ({origin}) cannot be used: {problem}.",
        "A key of a service account, the file of 'gcloud auth application-default login', or a workload identity configuration is expected.", path);

    internal static SwarmConfigurationException AccessTokenMalformed() => Configuration(
        "The access token holds characters that no token has, such as a space or a line break within it.",
        "Give what 'gcloud auth print-access-token' prints, and nothing else.", "AccessToken");

    internal static SwarmConfigurationException ImpersonationNeedsCredential(string account) => Configuration(
        $"The session impersonates {account}, but the environment variable {CredentialChoice.TokenVariable} holds a finished access token, which acts as nobody else.",
        $"Take {CredentialChoice.TokenVariable} away, give the account's own credential with Set-SwarmContext -CredentialPath, or Set-SwarmContext -Reset.", account);

    internal static SwarmCloudException CredentialNotFound() => Cloud(
        SwarmCloudFailure.CredentialMissing,
        "No Google Cloud credential was found: no token, no GOOGLE_APPLICATION_CREDENTIALS, no login of gcloud's, no metadata server. "
        + "'gcloud auth login' alone does not serve other programs.",
        CredentialForms, "Credential");

    internal static SwarmCloudException CredentialNotForAddress(Uri address, CredentialChoice choice) => Cloud(
        SwarmCloudFailure.CredentialMissing,
        choice.Kind == CredentialKind.MetadataServer
            ? $"{address.GetLeftPart(UriPartial.Authority)} is not Google's address, and no access token for it is known."
            : $"{address.GetLeftPart(UriPartial.Authority)} is not Google's address: {choice.Description} is not sent there.",
        $"Give a token that was made for it: the environment variable {CredentialChoice.TokenVariable}, or Set-SwarmContext -Endpoint URL -AccessToken TOKEN.",
        address.GetLeftPart(UriPartial.Authority));

    internal static SwarmCloudException CredentialExpired(CredentialChoice choice, string error, string description) => Cloud(
        SwarmCloudFailure.CredentialRejected,
        $"Google no longer accepts {choice.Description}: {(description.Length > 0 ? description : error).TrimEnd('.')}.",
        choice.FileType == "authorized_user" ? $"Log in again: {LoginCommand}" : $"Check that the account and its key are enabled. {CredentialForms}",
        choice.Description, reason: error);

    internal static SwarmCloudException CredentialNotUsable(CredentialChoice choice, string problem) => Cloud(
        SwarmCloudFailure.CredentialMissing, $"No token could be got from {choice.Description}: {problem}", CredentialForms, choice.Description);

    internal static SwarmCloudException AddressUnreachable(GoogleRequest request, Uri address, HttpRequestException exception) => Cloud(
        SwarmCloudFailure.Unavailable,
        $"{request.Target}: {address.GetLeftPart(UriPartial.Authority)} could not be reached: {exception.Message}",
        CloudSettings.IsGoogle(address) ? "Check the network, the proxy (HTTPS_PROXY) and the firewall, and run it again."
            : "Is the emulator running? Get-SwarmEmulator shows it; Set-SwarmContext -Reset and the environment decide which address is used.",
        address.GetLeftPart(UriPartial.Authority));

    internal static SwarmCloudException AnswerTimedOut(GoogleRequest request, Uri address) => Cloud(
        SwarmCloudFailure.Timeout, $"{request.Target}: {address.GetLeftPart(UriPartial.Authority)} did not answer in time.",
        "Run it again.", request.Target);

    internal static SwarmCloudException AnswerNotUnderstood(GoogleRequest request, Uri address, string problem) => Cloud(
        SwarmCloudFailure.Other, $"{request.Target}: the answer of {address.GetLeftPart(UriPartial.Authority)} cannot be read: {problem}",
        "Check that the address is Google's or an emulator's, and that no proxy answers in its place.", request.Target);

    internal static SwarmCloudException OutcomeUnknown(GoogleRequest request, string problem) => Cloud(
        SwarmCloudFailure.OutcomeUnknown, $"{request.Target}: the request was sent and its answer lost ({problem.TrimEnd('.')}). It may have been carried out.",
        "Run it again: what is there already is found and not made twice.", request.Target);

    internal static SwarmCloudException OperationFailed(CloudSqlOperation operation) => Cloud(
        SwarmCloudFailure.OperationFailed,
        $"{operation.OperationType} of instance '{operation.Instance}' failed: {string.Join("; ", operation.Errors)}",
        $"Get-SwarmCloudSqlOperation {operation.Name} -Project {operation.Project} shows the operation. Mend what it names and run this again: what was done already is not done twice.", operation);

    internal static SwarmCloudException OperationTimedOut(CloudSqlOperation operation, TimeSpan waited) => Cloud(
        SwarmCloudFailure.Timeout,
        FormattableString.Invariant($"{operation.OperationType} of instance '{operation.Instance}' is still {operation.Status} after a wait of {waited.TotalSeconds:0} s. It goes on at Google's side."),
        TakeUp(operation), operation);

    /// <summary>How to wait for an operation again.</summary>
    internal static string TakeUp(CloudSqlOperation operation) => $"Wait for it again: Wait-SwarmCloudSqlOperation {operation.Name} -Project {operation.Project}";

    /// <summary>The error that an answer of Google's means.</summary>
    internal static SwarmCloudException FromGoogle(GoogleRequest request, GoogleError error, CredentialChoice credential) => error switch
    {
        { HttpStatus: 401 } => CredentialRejected(request, error, credential),
        { HttpStatus: 403, Reason: "SERVICE_DISABLED" or "accessNotConfigured" } => ApiNotEnabled(request, error),
        { HttpStatus: 403, Reason: "rateLimitExceeded" or "userRateLimitExceeded" or "quotaExceeded" or "errorMaxInstancePerLabel" } or { HttpStatus: 429 } => QuotaExceeded(request, error),
        { HttpStatus: 403 } => PermissionMissing(request, error),
        { HttpStatus: 404 } => CloudResourceNotFound(request, error),
        { HttpStatus: 409, Reason: "operationInProgress" } => OperationInProgress(request, error),
        { HttpStatus: 412 } or { HttpStatus: 409, Status: "ABORTED" } or { HttpStatus: 409, Reason: "ABORTED" or "staleData" } => VersionStale(request, error),
        { HttpStatus: 409, Reason: "invalidState" } or { HttpStatus: 400, Status: "FAILED_PRECONDITION" } => StateNotRight(request, error),
        { HttpStatus: 409 } => CloudResourceExists(request, error),
        { HttpStatus: >= 500 or 408 } => request.Idempotency == Idempotency.Repeatable ? ServiceUnavailable(request, error) : OutcomeUnknown(request, error),
        _ => RequestRefused(request, error),
    };

    private static SwarmCloudException CredentialRejected(GoogleRequest request, GoogleError error, CredentialChoice credential) => Cloud(
        SwarmCloudFailure.CredentialRejected,
        $"{request.Target}: {credential.Description} ({credential.Origin}) is not accepted: it has expired or was never valid. {Words(error)}",
        credential.Kind == CredentialKind.AccessToken
            ? "Tokens last about an hour. Get a new one ('gcloud auth print-access-token') and Set-SwarmContext -AccessToken, or use a login that renews itself: " + LoginCommand
            : $"Log in again: {LoginCommand}",
        request.Target, error);

    private static SwarmCloudException ApiNotEnabled(GoogleRequest request, GoogleError error)
    {
        var service = error.Metadata.GetValueOrDefault("service") ?? request.Api.Service;
        return Cloud(
            SwarmCloudFailure.ApiDisabled, $"{request.Target}: the {request.Api.Name} is not enabled in project '{request.Project}'.",
            $"Enable it, wait a minute and run this again: gcloud services enable {service} --project={request.Project}", service, error);
    }

    private static SwarmCloudException PermissionMissing(GoogleRequest request, GoogleError error) => Cloud(
        SwarmCloudFailure.PermissionDenied,
        $"{request.Target}: the permission {error.Permission ?? request.Permission} is missing in project '{request.Project}', or it does not exist. {Words(error)}",
        $"Somebody who may grant it runs: gcloud projects add-iam-policy-binding {request.Project} --member=MEMBER --role={request.Role}",
        error.Permission ?? request.Permission, error);

    private static SwarmCloudException QuotaExceeded(GoogleRequest request, GoogleError error) => Cloud(
        SwarmCloudFailure.QuotaExceeded, $"{request.Target}: a quota of the {request.Api.Name} is used up. {Words(error)}",
        $"Wait a minute and run it again, or ask for more: https://console.cloud.google.com/iam-admin/quotas?project={request.Project}", request.Target, error);

    private static SwarmCloudException CloudResourceNotFound(GoogleRequest request, GoogleError error) => Cloud(
        SwarmCloudFailure.NotFound, $"Project '{request.Project}' has no {request.Target}. {Words(error)}",
        "Check the name and the project; Get-SwarmContext says which project is used and why.", request.Target, error);

    private static SwarmCloudException CloudResourceExists(GoogleRequest request, GoogleError error) => Cloud(
        SwarmCloudFailure.AlreadyExists, $"Project '{request.Project}' has {request.Target} already. {Words(error)}",
        "Take another name, or use the one that is there.", request.Target, error);

    private static SwarmCloudException OperationInProgress(GoogleRequest request, GoogleError error) => Cloud(
        SwarmCloudFailure.Busy, $"{request.Target}: another operation is running on the instance; Cloud SQL carries out one at a time. {Words(error)}",
        "Wait for it: Get-SwarmCloudSqlOperation -Instance NAME | Wait-SwarmCloudSqlOperation.", request.Target, error);

    private static SwarmCloudException StateNotRight(GoogleRequest request, GoogleError error) => Cloud(
        SwarmCloudFailure.Busy, $"{request.Target}: its state does not allow this now. {Words(error)}",
        "Get-SwarmCloudSqlInstance shows the state.", request.Target, error);

    private static SwarmCloudException VersionStale(GoogleRequest request, GoogleError error) => Cloud(
        SwarmCloudFailure.StaleVersion, $"{request.Target} was changed by somebody else since it was read; nothing was written. {Words(error)}",
        "Look at what it is now, and run it again.", request.Target, error);

    private static SwarmCloudException RequestRefused(GoogleRequest request, GoogleError error) => Cloud(
        SwarmCloudFailure.InvalidRequest, $"{request.Target}: the {request.Api.Name} refused the request. {Words(error)}",
        "-WhatIf shows the request as it is sent.", request.Target, error);

    private static SwarmCloudException ServiceUnavailable(GoogleRequest request, GoogleError error) => Cloud(
        SwarmCloudFailure.Unavailable, $"{request.Target}: the {request.Api.Name} does not answer now. {Words(error)}",
        "Run it again in some minutes; https://status.cloud.google.com/ tells of outages.", request.Target, error);

    private static SwarmCloudException OutcomeUnknown(GoogleRequest request, GoogleError error) => Cloud(
        SwarmCloudFailure.OutcomeUnknown, $"{request.Target}: the {request.Api.Name} failed on the way, and the request may have been carried out. {Words(error)}",
        "Run it again: what is there already is found and not made twice.", request.Target, error);

    private static string Words(GoogleError error)
        => $"Google says (HTTP {error.HttpStatus}{(error.Reason is null ? "" : $", {error.Reason}")}): {(error.Message.Length == 0 ? "nothing more." : error.Message)}";

    private static SwarmCloudException Cloud(
        SwarmCloudFailure failure, string message, string? action, object? target, GoogleError? answer = null, string? reason = null,
        [CallerMemberName] string id = "")
        => new(id, failure, message, action, target, answer?.HttpStatus, answer?.Reason ?? reason);
}
