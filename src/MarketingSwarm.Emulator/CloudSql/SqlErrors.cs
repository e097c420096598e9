using MarketingSwarm.Emulator.Clusters;
using MarketingSwarm.Emulator.Hosting;

namespace MarketingSwarm.Emulator.CloudSql;

/// <summary>The errors of the Cloud SQL Admin API, with the reasons and words of the real one where they are known.</summary>
internal static class SqlErrors
{
    public static ApiException Invalid(string message) => new(400, null, "Invalid request: " + message, "invalid");

    public static ApiException Required(string parameter) => new(400, null, $"Missing parameter: {parameter}.", "required");

    public static ApiException InstanceDoesNotExist() => new(404, null, "The Cloud SQL instance does not exist.", "instanceDoesNotExist");

    public static ApiException InstanceAlreadyExists() => new(409, null, "The Cloud SQL instance already exists.", "instanceAlreadyExists");

    public static ApiException OperationInProgress() => new(409, null, "Operation failed because another operation was already in progress.", "operationInProgress");

    public static ApiException InvalidState() => new(409, null, "The instance or operation is not in an appropriate state to handle the request.", "invalidState");

    public static ApiException StaleSettings() => new(412, null, "Condition does not match.", "staleData") { LocationType = "header", Location = "If-Match" };

    public static ApiException OperationDoesNotExist() => new(404, null, "The Cloud SQL operation does not exist.", "operationDoesNotExist");

    public static ApiException DatabaseDoesNotExist() => new(404, null, "The specified database does not exist.", "databaseDoesNotExist");

    public static ApiException UserDoesNotExist() => new(404, null, "The specified user does not exist.", "userDoesNotExist");

    public static ApiException BackupRunDoesNotExist() => new(404, null, "The specified backup run does not exist.", "backupRunDoesNotExist");

    public static ApiException UnknownFlag(string name) => new(400, null, $"Flag requested is not supported: {name}.", "invalidFlagName");

    public static ApiException FlagValue(string name, string detail) => new(400, null, $"Value requested is not valid. Failed to set {name}: {detail}", "invalidFlagValue");

    /// <summary>What the server said to a question that was asked for an answer.</summary>
    public static ApiException Of(ClusterException failure) => failure.Failure switch
    {
        ClusterFailure.NotRunning => Invalid("Invalid request since instance is not running."),
        ClusterFailure.NotFound => new ApiException(404, null, failure.Message, "notFound"),
        ClusterFailure.AlreadyExists or ClusterFailure.InvalidFlag or ClusterFailure.InvalidValue or ClusterFailure.InUse => Invalid(failure.Message),
        _ => new ApiException(500, null, failure.Message, "internalError"),
    };

    /// <summary>The code of an operation's error.</summary>
    public static string OperationCode(ClusterFailure failure) => failure switch
    {
        ClusterFailure.InvalidFlag => "INVALID_FLAG_VALUE",
        ClusterFailure.AlreadyExists or ClusterFailure.InvalidValue or ClusterFailure.InUse or ClusterFailure.NotFound => "ERROR_RDBMS",
        ClusterFailure.NotRunning => "INVALID_STATE",
        _ => "INTERNAL_ERROR",
    };
}
