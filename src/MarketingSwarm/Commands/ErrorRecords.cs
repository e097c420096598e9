using System.Management.Automation;

namespace MarketingSwarm.Commands;

/// <summary>Every ErrorRecord of the module: the id is the error's own, category and target are always set, and what to do is attached.</summary>
internal static class ErrorRecords
{
    internal static ErrorRecord From(SwarmException exception)
        => Create(exception, exception.ErrorId, GetCategory(exception), exception.Target, exception.RecommendedAction);

    internal static ErrorRecord ConversationNotFound(string id, SwarmDatabase database)
        => Create(
            new ItemNotFoundException($"{database} has no conversation with the id '{id}'."),
            nameof(ConversationNotFound), ErrorCategory.ObjectNotFound, id,
            "Ids are matched exactly, in upper and lower case as stored; Get-SwarmConversation without -Id lists them.");

    private static ErrorRecord Create(Exception exception, string id, ErrorCategory category, object? target, string? action)
    {
        var record = new ErrorRecord(exception, id, category, target);
        // PowerShell's error view shows the recommendation below the message.
        if (action is not null) record.ErrorDetails = new ErrorDetails(exception.Message) { RecommendedAction = action };
        return record;
    }

    private static ErrorCategory GetCategory(SwarmException exception) => exception switch
    {
        SwarmConfigurationException => ErrorCategory.InvalidArgument,
        SwarmSchemaException => ErrorCategory.InvalidType,
        SwarmArchiveException => ErrorCategory.InvalidData,
        SwarmDataException => ErrorCategory.InvalidData,
        SwarmCloudException cloud => GetCategory(cloud.Failure),
        SwarmDatabaseException database => database.Failure switch
        {
            SwarmDatabaseFailure.AuthenticationFailed => ErrorCategory.AuthenticationError,
            SwarmDatabaseFailure.PermissionDenied => ErrorCategory.PermissionDenied,
            SwarmDatabaseFailure.FileNotFound or SwarmDatabaseFailure.DatabaseNotFound or SwarmDatabaseFailure.TableNotFound => ErrorCategory.ObjectNotFound,
            SwarmDatabaseFailure.FileExists => ErrorCategory.ResourceExists,
            SwarmDatabaseFailure.NotADatabase => ErrorCategory.InvalidData,
            SwarmDatabaseFailure.Timeout => ErrorCategory.OperationTimeout,
            SwarmDatabaseFailure.Locked or SwarmDatabaseFailure.TooManyConnections => ErrorCategory.ResourceBusy,
            SwarmDatabaseFailure.ConnectionRefused or SwarmDatabaseFailure.HostUnreachable or SwarmDatabaseFailure.TlsFailed => ErrorCategory.ConnectionError,
            SwarmDatabaseFailure.ConstraintViolated => ErrorCategory.InvalidData,
            _ => ErrorCategory.InvalidOperation,
        },
        _ => ErrorCategory.NotSpecified,
    };

    private static ErrorCategory GetCategory(SwarmCloudFailure failure) => failure switch
    {
        SwarmCloudFailure.CredentialMissing or SwarmCloudFailure.CredentialRejected => ErrorCategory.AuthenticationError,
        SwarmCloudFailure.PermissionDenied => ErrorCategory.PermissionDenied,
        SwarmCloudFailure.ApiDisabled => ErrorCategory.NotEnabled,
        SwarmCloudFailure.QuotaExceeded => ErrorCategory.QuotaExceeded,
        SwarmCloudFailure.NotFound => ErrorCategory.ObjectNotFound,
        SwarmCloudFailure.AlreadyExists => ErrorCategory.ResourceExists,
        SwarmCloudFailure.Busy or SwarmCloudFailure.StaleVersion => ErrorCategory.ResourceBusy,
        SwarmCloudFailure.InvalidRequest => ErrorCategory.InvalidArgument,
        SwarmCloudFailure.OperationFailed => ErrorCategory.OperationStopped,
        SwarmCloudFailure.Timeout => ErrorCategory.OperationTimeout,
        SwarmCloudFailure.Unavailable or SwarmCloudFailure.OutcomeUnknown => ErrorCategory.ConnectionError,
        _ => ErrorCategory.InvalidOperation,
    };
}
