namespace MarketingSwarm;

/// <summary>Why a database could not be reached or refused a statement.</summary>
public enum SwarmDatabaseFailure
{
    /// <summary>None of the kinds below; the message has the server's own words.</summary>
    Other,

    /// <summary>Nothing listens at the address and port, or the socket does not exist.</summary>
    ConnectionRefused,

    /// <summary>The host's name is unknown or no route leads to it.</summary>
    HostUnreachable,

    /// <summary>No answer within the time allowed.</summary>
    Timeout,

    /// <summary>The server refused the user or the password.</summary>
    AuthenticationFailed,

    /// <summary>The server has no database of that name.</summary>
    DatabaseNotFound,

    /// <summary>The database has no <c>conversations</c> table that this user can see.</summary>
    TableNotFound,

    /// <summary>TLS was required and refused, or the server's certificate was not accepted.</summary>
    TlsFailed,

    /// <summary>The server has no connection left for this user.</summary>
    TooManyConnections,

    /// <summary>The user lacks a privilege.</summary>
    PermissionDenied,

    /// <summary>Another process holds a lock that was waited for in vain.</summary>
    Locked,

    /// <summary>The file does not exist.</summary>
    FileNotFound,

    /// <summary>A file that was to be made exists already.</summary>
    FileExists,

    /// <summary>The file is not a SQLite database, or is encrypted, truncated or damaged.</summary>
    NotADatabase,

    /// <summary>A row breaks a constraint of the target table.</summary>
    ConstraintViolated,
}

/// <summary>A database could not be reached or refused a statement.</summary>
public sealed class SwarmDatabaseException : SwarmException
{
    internal SwarmDatabaseException(
        string errorId, SwarmDatabaseFailure failure, string message, string? recommendedAction = null,
        object? target = null, string? sqlState = null, Exception? innerException = null)
        : base(errorId, message, recommendedAction, target, innerException)
    {
        Failure = failure;
        SqlState = sqlState;
    }

    /// <summary>The kind of failure.</summary>
    public SwarmDatabaseFailure Failure { get; }

    /// <summary>PostgreSQL's five-character SQLSTATE (https://www.postgresql.org/docs/15/errcodes-appendix.html), or <see langword="null"/> where the server said none.</summary>
    public string? SqlState { get; }
}
