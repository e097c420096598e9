namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    internal static SwarmDatabaseException ConnectionRefused(SwarmDatabase database, Exception inner) => Database(
        SwarmDatabaseFailure.ConnectionRefused,
        database.IsUnixSocket
            ? $"No PostgreSQL listens on the socket '{database.Host}/.s.PGSQL.{database.Port}'."
            : $"{database.Server} refused the connection: no PostgreSQL listens there.",
        "Check that the server or its Auth Proxy runs, that host and port are right, and that no firewall rejects the connection.", database, inner: inner);

    internal static SwarmDatabaseException HostUnreachable(SwarmDatabase database, string reason, Exception inner) => Database(
        SwarmDatabaseFailure.HostUnreachable, $"The host '{database.ServerName}' cannot be reached: {reason}.",
        "Check the host's name, your DNS and the network's route (a private address needs the VPC).", database, inner: inner);

    internal static SwarmDatabaseException ConnectionTimeout(SwarmDatabase database, Exception inner) => Database(
        SwarmDatabaseFailure.Timeout,
        FormattableString.Invariant($"{database.Server} did not answer within {database.ConnectTimeout.TotalSeconds:0.#} s."),
        "Check the address and the firewall or authorized networks, which drop packets silently; 'connect_timeout=60' in the URL waits longer.", database, inner: inner);

    internal static SwarmDatabaseException AuthenticationFailed(SwarmDatabase database, string? sqlState, Exception inner) => Database(
        SwarmDatabaseFailure.AuthenticationFailed,
        $"The server refused the user '{database.User}'{(database.HasPassword ? ": wrong password, or no such user" : ": no password was given")}.",
        database.HasPassword
            ? "Check the user and the password (a secret made with <<< ends with a newline), and that the user exists: 'CREATE ROLE … LOGIN PASSWORD …'."
            : "Give the password: -Credential, the URL, or a line in ~/.pgpass (mode 0600). PGPASSWORD is used for a host that the environment names, and for no other.", database, sqlState, inner);

    internal static SwarmDatabaseException ClientCertificateRequired(SwarmDatabase database, string serverMessage, string? sqlState, Exception inner) => Database(
        SwarmDatabaseFailure.AuthenticationFailed, $"The server wants a client certificate for '{database.User}': {serverMessage}.",
        "Give one with 'sslcert=FILE&sslkey=FILE' in the URL; its common name is the user's.", database, sqlState, inner);

    internal static SwarmDatabaseException AccessRuleRefused(SwarmDatabase database, string serverMessage, string? sqlState, Exception inner) => Database(
        SwarmDatabaseFailure.AuthenticationFailed, $"The server's access rules refuse this connection: {serverMessage}.",
        "Check pg_hba.conf or the instance's authorized networks for this user, database and address.", database, sqlState, inner);

    internal static SwarmDatabaseException TlsRequiredByServer(SwarmDatabase database, string? sqlState, Exception inner) => Database(
        SwarmDatabaseFailure.TlsFailed, $"{database.Host} accepts this user over TLS only, and the connection used none (sslmode={SslModeOf(database)}).",
        "Take sslmode away from the URL, or use sslmode=verify-full with sslrootcert=FILE.", database, sqlState, inner);

    internal static SwarmDatabaseException TlsNotOffered(SwarmDatabase database, Exception inner) => Database(
        SwarmDatabaseFailure.TlsFailed, $"{database.Host}:{database.Port} offers no TLS, and sslmode={SslModeOf(database)} requires it.",
        "Switch TLS on in the server. On a network that you trust, 'sslmode=disable' in the URL goes without.", database, inner: inner);

    internal static SwarmDatabaseException TlsCertificateRefused(SwarmDatabase database, string reason, Exception inner) => Database(
        SwarmDatabaseFailure.TlsFailed, $"The certificate of {database.Host}:{database.Port} was not accepted (sslmode={SslModeOf(database)}): {reason}.",
        "Give the server's certificate authority with 'sslrootcert=FILE' in the URL and the host's name as the certificate has it; 'sslmode=require' encrypts without checking.", database, inner: inner);

    internal static SwarmDatabaseException TlsHandshakeFailed(SwarmDatabase database, string reason, Exception inner) => Database(
        SwarmDatabaseFailure.TlsFailed, $"TLS could not be agreed on with {database.Host}:{database.Port}: {reason.TrimEnd('.')}.",
        "Check that a PostgreSQL with TLS 1.2 or later listens there, and the client certificate if the URL names one.", database, inner: inner);

    internal static SwarmDatabaseException DatabaseNotFound(SwarmDatabase database, string? sqlState, Exception inner) => Database(
        SwarmDatabaseFailure.DatabaseNotFound, $"The server has no database '{database.Database}'.",
        $"Check the name after the URL's last '/', or make it: CREATE DATABASE \"{database.Database}\".", database, sqlState, inner);

    internal static SwarmDatabaseException PostgresTableNotFound(SwarmDatabase database) => Database(
        SwarmDatabaseFailure.TableNotFound, $"The database '{database.Database}' has no table '{ConversationTable.Name}' in the search path of '{database.User}'.",
        "Make it with Initialize-SwarmDatabase, or set the user's search_path to the schema that has it.", database, "42P01");

    internal static SwarmDatabaseException TooManyConnections(SwarmDatabase database, string? sqlState, Exception inner) => Database(
        SwarmDatabaseFailure.TooManyConnections, $"{database.ServerName} has no connection left for '{database.User}'.",
        "Close idle sessions (pg_stat_activity), lower the application's pool, or raise max_connections.", database, sqlState, inner);

    internal static SwarmDatabaseException PermissionDenied(SwarmDatabase database, string serverMessage, string? sqlState, Exception inner) => Database(
        SwarmDatabaseFailure.PermissionDenied, $"'{database.User}' may not do that: {serverMessage}.",
        $"Grant it: GRANT SELECT, INSERT, UPDATE, DELETE ON {ConversationTable.Name} TO \"{database.User}\", or log in as the table's owner.", database, sqlState, inner);

    internal static SwarmDatabaseException PostgresLocked(SwarmDatabase database, string serverMessage, string? sqlState, Exception inner) => Database(
        SwarmDatabaseFailure.Locked, $"Another session is in the way: {serverMessage}.",
        "See pg_locks and pg_stat_activity for the session that holds the lock, then try again.", database, sqlState, inner);

    internal static SwarmDatabaseException ServerStarting(SwarmDatabase database, string serverMessage, string? sqlState, Exception inner) => Database(
        SwarmDatabaseFailure.Other, $"{database.ServerName} takes no connections now: {serverMessage}.", "Wait until the server has started and try again.", database, sqlState, inner);

    internal static SwarmDatabaseException ConnectionLost(SwarmDatabase database, string reason, Exception inner) => Database(
        SwarmDatabaseFailure.Other, $"The connection to {database.Server} was lost: {reason}.", "Check that the server is up, and try again.", database, inner: inner);

    internal static SwarmDatabaseException ServerRefused(SwarmDatabase database, string serverMessage, string? sqlState, Exception inner) => Database(
        SwarmDatabaseFailure.Other, $"PostgreSQL refused a statement (SQLSTATE {sqlState}): {serverMessage}.", null, database, sqlState, inner);

    internal static SwarmSchemaException ServerEncodingNotUtf8(SwarmDatabase database, string encoding) => Schema(
        $"The database '{database.Database}' stores text as {encoding}; UTF8 is expected, or characters are lost.",
        "Make a database with 'CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0'.", database);

    private static string SslModeOf(SwarmDatabase database) => database.Tls switch
    {
        TlsMode.VerifyCA => "verify-ca",
        TlsMode.VerifyFull => "verify-full",
        var mode => $"{mode}".ToLowerInvariant(),
    };
}
