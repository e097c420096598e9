namespace MarketingSwarm;

/// <summary>Why Google Cloud could not be asked, or what it answered.</summary>
public enum SwarmCloudFailure
{
    /// <summary>None of the kinds below; the message has Google's own words.</summary>
    Other,

    /// <summary>No credential was found, or none that may be sent to the address.</summary>
    CredentialMissing,

    /// <summary>The login or the token has expired, was revoked or is not accepted: HTTP 401.</summary>
    CredentialRejected,

    /// <summary>The API is not enabled in the project.</summary>
    ApiDisabled,

    /// <summary>The caller lacks a permission.</summary>
    PermissionDenied,

    /// <summary>A quota or a rate limit is used up: HTTP 429.</summary>
    QuotaExceeded,

    /// <summary>What was named does not exist: HTTP 404.</summary>
    NotFound,

    /// <summary>What was to be made exists already: HTTP 409.</summary>
    AlreadyExists,

    /// <summary>Another operation is running, or the state does not allow it now: HTTP 409.</summary>
    Busy,

    /// <summary>Somebody else changed it since it was read: HTTP 412, or 409 with ABORTED.</summary>
    StaleVersion,

    /// <summary>The request was refused for what it asks: HTTP 400.</summary>
    InvalidRequest,

    /// <summary>A long-running operation ended with an error.</summary>
    OperationFailed,

    /// <summary>The wait ended before the operation did.</summary>
    Timeout,

    /// <summary>The address could not be reached, or Google could not answer now: HTTP 5xx.</summary>
    Unavailable,

    /// <summary>The request was sent and its answer lost: it may have been carried out.</summary>
    OutcomeUnknown,
}

/// <summary>Google Cloud could not be asked, or refused.</summary>
public sealed class SwarmCloudException : SwarmException
{
    internal SwarmCloudException(
        string errorId, SwarmCloudFailure failure, string message, string? recommendedAction = null, object? target = null,
        int? httpStatus = null, string? reason = null, Exception? innerException = null)
        : base(errorId, message, recommendedAction, target, innerException)
    {
        Failure = failure;
        HttpStatus = httpStatus;
        Reason = reason;
    }

    /// <summary>The kind of failure.</summary>
    public SwarmCloudFailure Failure { get; }

    /// <summary>The HTTP status of Google's answer, 400 to 599; <see langword="null"/> where there was none.</summary>
    public int? HttpStatus { get; }

    /// <summary>Google's reason, such as <c>instanceAlreadyExists</c> or <c>SERVICE_DISABLED</c>; <see langword="null"/> where it gave none.</summary>
    public string? Reason { get; }
}
