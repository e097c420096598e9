using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace MarketingSwarm.Engine.GoogleCloud.Connector;

/// <summary>All that it takes to connect to an instance for about an hour: its addresses, its authorities, and a client certificate.</summary>
internal sealed class ConnectionInfo
{
    internal required InstanceName Instance { get; init; }

    internal string? PublicAddress { get; init; }

    internal string? PrivateAddress { get; init; }

    /// <summary>The name of the instance's private service connection.</summary>
    internal string? ServiceName { get; init; }

    /// <summary>The name that the server's certificate should be for; <see langword="null"/> for an instance that has none but its common name.</summary>
    internal string? ServerName { get; init; }

    /// <summary>The authorities that may have signed the server's certificate; no other is trusted.</summary>
    internal required X509Certificate2Collection Authorities { get; init; }

    /// <summary>What this client shows, with its key.</summary>
    internal required SslStreamCertificateContext ClientCertificate { get; init; }

    /// <summary>When it can no longer be used: the certificate's end, or the login token's if that is sooner.</summary>
    internal required DateTimeOffset Expiry { get; init; }

    /// <summary>The address to connect to.</summary>
    /// <exception cref="SwarmConfigurationException">The instance has no such address.</exception>
    internal string GetAddress(CloudSqlAddressType type) => type switch
    {
        CloudSqlAddressType.Public => PublicAddress,
        CloudSqlAddressType.Private => PrivateAddress,
        _ => PublicAddress ?? PrivateAddress ?? ServiceName,
    } ?? throw Errors.InstanceAddressMissing(this, type);
}
