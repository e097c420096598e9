namespace MarketingSwarm.Emulator.Clusters;

/// <summary>An instance's name and its project's.</summary>
internal readonly record struct ClusterId(string Project, string Instance)
{
    public override string ToString() => $"{Project}:{Instance}";
}

/// <summary>Where the server listens: a loopback address of its own and port 5432, or 127.0.0.1 and a free port.</summary>
internal sealed record ClusterAddress(string IPAddress, int Port);

/// <summary>What a new cluster is to be.</summary>
/// <param name="DatabaseVersion">For example <c>POSTGRES_15</c>. Where the programs of that major version are missing, the newest that are there serve it.</param>
/// <param name="Flags">The database flags. Names that begin with <c>cloudsql.</c> are left out.</param>
/// <param name="RootPassword">The password of <c>postgres</c>; null for none, and then it cannot log in.</param>
internal sealed record ClusterSpec(string DatabaseVersion, IReadOnlyDictionary<string, string> Flags, string? RootPassword)
{
    // A record would print the password.
    public override string ToString() => DatabaseVersion;
}

/// <summary>A cluster as it is.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Address">Where it listens when it runs.</param>
/// <param name="ServerVersion">The version that really runs, for example <c>15.18</c>.</param>
/// <param name="IsRunning">Whether its server was running when this was made.</param>
/// <param name="Remarks">How it differs from what was asked for, and why, in full sentences; empty where it does not.</param>
internal sealed record ClusterInfo(ClusterId Id, ClusterAddress Address, string ServerVersion, bool IsRunning, IReadOnlyList<string> Remarks);

/// <summary>A database with its collation as it was asked for.</summary>
internal sealed record DatabaseInfo(string Name, string Charset, string Collation);

/// <summary>A role that can log in, with the roles that it is a direct member of, by name.</summary>
internal sealed record UserInfo(string Name, UserKind Kind, IReadOnlyList<string> DatabaseRoles);

/// <summary>How a user proves who it is.</summary>
internal enum UserKind
{
    /// <summary>By a password.</summary>
    BuiltIn,

    /// <summary>By the access token of a person.</summary>
    IamUser,

    /// <summary>By the access token of a service account.</summary>
    IamServiceAccount,

    /// <summary>As a member of a group; the group itself cannot log in.</summary>
    IamGroup,
}

/// <summary>A verified base backup, with the size of all its files.</summary>
internal sealed record BackupInfo(string Id, long SizeInBytes);

/// <summary>What kind of failure a <see cref="ClusterException"/> tells of.</summary>
internal enum ClusterFailure
{
    /// <summary>PostgreSQL's programs are not on this machine, or cannot be run by this user.</summary>
    ProgramsMissing,

    /// <summary>There is no such cluster, database, user or backup.</summary>
    NotFound,

    /// <summary>There is such a cluster, database or user already.</summary>
    AlreadyExists,

    /// <summary>The server does not run and the call wants it to.</summary>
    NotRunning,

    /// <summary>The server refuses a flag's name or value.</summary>
    InvalidFlag,

    /// <summary>The server refuses a name, a character set, a collation or another value.</summary>
    InvalidValue,

    /// <summary>Something depends on what was to be dropped.</summary>
    InUse,

    /// <summary>A program or the server failed.</summary>
    Failed,
}

/// <summary>A cluster could not be made, reached or changed. The message is whole sentences for the user of the API, without a secret.</summary>
internal sealed class ClusterException(ClusterFailure failure, string message, Exception? innerException = null) : Exception(message, innerException)
{
    public ClusterFailure Failure { get; } = failure;
}
