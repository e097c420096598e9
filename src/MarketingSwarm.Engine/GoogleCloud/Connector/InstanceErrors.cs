using System.Net.Sockets;
using System.Security.Authentication;

namespace MarketingSwarm.Engine.GoogleCloud.Connector;

/// <summary>Turns what a socket, TLS and the driver throw on the way to an instance into the module's own errors.</summary>
internal static class InstanceErrors
{
    /// <summary>The error for a user; an exception that is ours already, or tells of a stop, is given back as it is.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="info">With what it was tried.</param>
    /// <param name="address">Where.</param>
    /// <param name="port">The port there.</param>
    /// <param name="timeout">How long it could take.</param>
    /// <param name="identity">What TLS found; <see langword="null"/> where it had not begun.</param>
    internal static Exception Translate(Exception exception, ConnectionInfo info, string address, int port, TimeSpan timeout, InstanceIdentity? identity)
    {
        if (exception is SwarmException) return exception;
        if (identity?.Refusal is { } refusal)
        {
            return identity.Fault switch
            {
                CertificateFault.Name => Errors.InstanceNameWrong(info.Instance, address, port, refusal, exception),
                CertificateFault.Authority => Errors.InstanceAuthorityUnknown(info.Instance, address, port, refusal, exception),
                CertificateFault.Time => Errors.InstanceCertificateExpired(info.Instance, address, port, refusal, exception),
                _ => Errors.InstanceCertificateRefused(info.Instance, address, port, refusal, exception),
            };
        }

        var isVerified = identity?.IsVerified == true;
        for (Exception? inner = exception; inner is not null; inner = inner.InnerException)
        {
            switch (inner)
            {
                case PlatformNotSupportedException:
                    return Errors.ConnectorNotSupported(info.Instance, inner.Message, exception);
                case TimeoutException or OperationCanceledException:
                    return Errors.InstanceTimeout(info, address, port, timeout, exception);
                case SocketException socket when !isVerified:
                    return socket.SocketErrorCode switch
                    {
                        SocketError.ConnectionRefused or SocketError.AddressNotAvailable => Errors.InstanceConnectionRefused(info.Instance, address, port, exception),
                        SocketError.TimedOut => Errors.InstanceTimeout(info, address, port, timeout, exception),
                        SocketError.ConnectionReset => Errors.InstanceTlsFailed(info.Instance, address, port, socket.Message, exception),
                        _ => Errors.InstanceUnreachable(info, address, port, socket.Message, exception),
                    };
                case AuthenticationException when !isVerified:
                    return Errors.InstanceTlsFailed(info.Instance, address, port, (inner.InnerException ?? inner).Message, exception);
            }
        }

        // In TLS 1.3 the server judges the client's certificate when the client already believes to be connected.
        if (isVerified && MentionsAlert(exception)) return Errors.ClientCertificateRefused(info.Instance, address, port, exception);
        return isVerified
            ? Errors.InstanceConnectionLost(info.Instance, address, port, exception.InnerException?.Message ?? exception.Message, exception)
            : Errors.InstanceTlsFailed(info.Instance, address, port, exception.InnerException?.Message ?? exception.Message, exception);
    }

    private static bool MentionsAlert(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception.Message.Contains("alert", StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }
}
