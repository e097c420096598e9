namespace MarketingSwarm;

/// <summary>How a connection to PostgreSQL is protected; the names and meanings are libpq's <c>sslmode</c> (https://www.postgresql.org/docs/15/libpq-ssl.html).</summary>
public enum TlsMode
{
    /// <summary>Never TLS.</summary>
    Disable,

    /// <summary>TLS only if the server insists.</summary>
    Allow,

    /// <summary>TLS if the server offers it; the certificate is not checked. The default on loopback and Unix sockets.</summary>
    Prefer,

    /// <summary>TLS always; the certificate is not checked.</summary>
    Require,

    /// <summary>TLS always; the certificate's chain is checked.</summary>
    VerifyCA,

    /// <summary>TLS always; the certificate's chain and its host name are checked. The default for every other host.</summary>
    VerifyFull,
}
