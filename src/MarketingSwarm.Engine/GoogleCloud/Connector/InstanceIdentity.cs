using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace MarketingSwarm.Engine.GoogleCloud.Connector;

/// <summary>What is wrong with a server's certificate.</summary>
internal enum CertificateFault
{
    /// <summary>It is missing, or its chain is broken otherwise.</summary>
    Other,

    /// <summary>It is another instance's.</summary>
    Name,

    /// <summary>Another authority signed it.</summary>
    Authority,

    /// <summary>It is not valid now.</summary>
    Time,
}

/// <summary>
///   One TLS connection's two identities: shows the client's certificate and checks the server's as Google's own connectors do: its chain ends at one of the
///   instance's authorities, and it is for the instance's DNS name or has the common name <c>project:instance</c>. Remembers why it refused.
/// </summary>
internal sealed class InstanceIdentity(ConnectionInfo info, bool isVerified = false)
{
    private const string CommonNameId = "2.5.4.3";

    /// <summary>Why the server was refused; <see langword="null"/> where it was not.</summary>
    internal string? Refusal { get; private set; }

    /// <summary>What of the server's certificate was refused.</summary>
    internal CertificateFault Fault { get; private set; }

    /// <summary>Whether the server is who it should be. Whether it accepts this client shows with its first answer only.</summary>
    internal bool IsVerified { get; private set; } = isVerified;

    internal void Configure(SslClientAuthenticationOptions options)
    {
        // The driver would announce its protocol, which the instance's front does not ask for.
        options.ApplicationProtocols = null;
        options.EnabledSslProtocols = SslProtocols.Tls13;
        options.EncryptionPolicy = EncryptionPolicy.RequireEncryption;
        options.TargetHost = info.ServerName ?? "";
        options.ClientCertificates = null;
        options.ClientCertificateContext = info.ClientCertificate;
        // A session taken up again would show neither certificate.
        options.AllowTlsResume = false;
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(info.Authorities);
        policy.ExtraStore.AddRange(info.Authorities);
        options.CertificateChainPolicy = policy;
        options.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
        {
            Refusal = Judge(certificate as X509Certificate2, chain, errors);
            IsVerified = Refusal is null;
            return IsVerified;
        };
    }

    private string? Judge(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable)) return "the server showed none";
        // The name is judged below, for what it is here.
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors)) return DescribeChain(certificate, chain);
        if (info.ServerName is { } name && certificate.MatchesHostname(name, allowWildcards: true, allowCommonName: false)) return null;

        var expected = $"{info.Instance.Project}:{info.Instance.Name}";
        var commonName = FindCommonName(certificate);
        if (commonName == expected) return null;
        Fault = CertificateFault.Name;
        var found = commonName.Length == 0 ? "no common name" : $"the common name '{commonName}'";
        return $"it has {found}, not '{expected}'{(info.ServerName is null ? "" : $", and is not for '{info.ServerName}'")}";
    }

    private string DescribeChain(X509Certificate2 certificate, X509Chain? chain)
    {
        var status = chain?.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status) ?? X509ChainStatusFlags.NoError;
        if (status.HasFlag(X509ChainStatusFlags.NotTimeValid))
        {
            Fault = CertificateFault.Time;
            return FormattableString.Invariant($"it is valid from {certificate.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm} to {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm} UTC");
        }

        if ((status & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.NotSignatureValid)) == 0) return $"its chain is not valid ({status})";
        Fault = CertificateFault.Authority;
        return $"its authority '{certificate.Issuer}' is not the instance's ({string.Join(", ", info.Authorities.Select(authority => $"'{authority.Subject}'"))})";
    }

    private static string FindCommonName(X509Certificate2 certificate)
        => certificate.SubjectName.EnumerateRelativeDistinguishedNames()
            .FirstOrDefault(part => !part.HasMultipleElements && part.GetSingleElementType().Value == CommonNameId)?.GetSingleElementValue() ?? "";
}
