using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using Npgsql;

namespace MarketingSwarm.Engine.Postgres;

/// <summary>Turns what Npgsql throws into the module's own errors, so that no driver type reaches a user.</summary>
internal static class PostgresErrors
{
    /// <summary>The error for a user; an exception that is ours already, or tells of a stop, is given back as it is.</summary>
    internal static Exception Translate(Exception exception, SwarmDatabase database) => exception switch
    {
        SwarmException or OperationCanceledException => exception,
        PostgresException refused => TranslateServerError(refused, database),
        NpgsqlException { InnerException: OperationCanceledException canceled } => canceled,
        CryptographicException when database.TlsCertificate is { } path => Errors.TlsFileInvalid("sslcert", path, exception.Message, exception),
        NpgsqlException or SocketException or IOException or TimeoutException or AuthenticationException => TranslateClientError(exception, database),
        _ => exception,
    };

    private static SwarmDatabaseException TranslateServerError(PostgresException refused, SwarmDatabase database)
    {
        var message = refused.MessageText;
        return refused.SqlState switch
        {
            "28P01" or "28000" when database.IsIamLogin => Errors.IamLoginRefused(database, message, refused.SqlState, refused),
            "28P01" => Errors.AuthenticationFailed(database, refused.SqlState, refused),
            "28000" when message.Contains("no encryption", StringComparison.Ordinal) || message.Contains("SSL off", StringComparison.Ordinal)
                => Errors.TlsRequiredByServer(database, refused.SqlState, refused),
            "28000" when message.Contains("client certificate", StringComparison.Ordinal) => Errors.ClientCertificateRequired(database, message, refused.SqlState, refused),
            "28000" when message.Contains("pg_hba.conf", StringComparison.Ordinal) => Errors.AccessRuleRefused(database, message, refused.SqlState, refused),
            "28000" => Errors.AuthenticationFailed(database, refused.SqlState, refused),
            "3D000" => Errors.DatabaseNotFound(database, refused.SqlState, refused),
            "42P01" => Errors.PostgresTableNotFound(database),
            "42501" => Errors.PermissionDenied(database, message, refused.SqlState, refused),
            "53300" => Errors.TooManyConnections(database, refused.SqlState, refused),
            "55P03" or "40P01" or "40001" => Errors.PostgresLocked(database, message, refused.SqlState, refused),
            "57P03" => Errors.ServerStarting(database, message, refused.SqlState, refused),
            "57P01" or "57P02" => Errors.ConnectionLost(database, message, refused),
            _ => Errors.ServerRefused(database, message, refused.SqlState, refused),
        };
    }

    private static SwarmDatabaseException TranslateClientError(Exception exception, SwarmDatabase database)
    {
        for (Exception? inner = exception; inner is not null; inner = inner.InnerException)
        {
            switch (inner)
            {
                case AuthenticationException:
                    return Errors.TlsHandshakeFailed(database, inner.Message, exception);
                case TimeoutException:
                    return Errors.ConnectionTimeout(database, exception);
                case SocketException socket:
                    return socket.SocketErrorCode switch
                    {
                        SocketError.ConnectionRefused or SocketError.AddressNotAvailable => Errors.ConnectionRefused(database, exception),
                        SocketError.TimedOut => Errors.ConnectionTimeout(database, exception),
                        SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData
                            or SocketError.HostUnreachable or SocketError.NetworkUnreachable => Errors.HostUnreachable(database, socket.Message, exception),
                        // A Unix socket whose file is missing.
                        _ when database.IsUnixSocket => Errors.ConnectionRefused(database, exception),
                        _ => Errors.ConnectionLost(database, socket.Message, exception),
                    };
            }
        }

        if (exception.Message.Contains("No password has been provided", StringComparison.Ordinal))
            return Errors.AuthenticationFailed(database, null, exception);
        if (exception.Message.Contains("SSL connection requested", StringComparison.Ordinal))
            return Errors.TlsNotOffered(database, exception);
        return Errors.ConnectionLost(database, exception.InnerException?.Message ?? exception.Message, exception);
    }
}
