using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MarketingSwarm.Engine.Postgres;

/// <summary>
///   Checks the server's certificate for one connection and remembers why it was refused: Npgsql's own check says no more than that it was.
/// </summary>
internal sealed class ServerCertificate(SwarmDatabase database)
{
    /// <summary>Why the certificate was refused; <see langword="null"/> where it was not.</summary>
    internal string? Refusal { get; private set; }

    /// <summary>Has .NET check the chain against the authorities that are trusted, and the check's result be judged by the TLS mode.</summary>
    internal void Configure(SslClientAuthenticationOptions options, X509Certificate2Collection? authorities)
    {
        if (authorities is not null)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(authorities);
            options.CertificateChainPolicy = policy;
        }

        options.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
        {
            // As libpq's verify-ca does: the chain, not the name.
            if (database.Tls == TlsMode.VerifyCA) errors &= ~SslPolicyErrors.RemoteCertificateNameMismatch;
            if (errors == SslPolicyErrors.None) return true;
            Refusal = Describe(errors, certificate as X509Certificate2, chain);
            return false;
        };
    }

    /// <summary>Reads the file of certificate authorities that the URL or libpq's default names.</summary>
    /// <exception cref="SwarmConfigurationException">It has no certificate in it.</exception>
    internal X509Certificate2Collection? ReadAuthorities()
    {
        if (database.TlsRootCertificate is not { } path) return null;
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw Errors.TlsFileInvalid("sslrootcert", path, exception.Message, exception);
        }

        return authorities.Count > 0 ? authorities : throw Errors.TlsFileInvalid("sslrootcert", path, "it holds no certificate.", null);
    }

    private string Describe(SslPolicyErrors errors, X509Certificate2? certificate, X509Chain? chain)
    {
        if (certificate is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable)) return "the server showed none";
        var reasons = new List<string>();
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)) reasons.Add($"it is for {DescribeNames(certificate)}, not for '{database.Host}'");
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            var status = chain?.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status) ?? X509ChainStatusFlags.NoError;
            if (status.HasFlag(X509ChainStatusFlags.NotTimeValid))
                reasons.Add(FormattableString.Invariant($"it is valid from {certificate.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm} to {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm} UTC"));
            if ((status & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain)) != 0)
                reasons.Add($"its authority '{certificate.Issuer}' is not among {(database.TlsRootCertificate is { } path ? $"those in '{path}'" : "those that this machine trusts")}");
            if (reasons.Count == 0) reasons.Add($"its chain is not valid ({status})");
        }

        return string.Join("; ", reasons);
    }

    private static string DescribeNames(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SingleOrDefault() is { } alternatives
            ? [.. alternatives.EnumerateDnsNames(), .. alternatives.EnumerateIPAddresses().Select(address => address.ToString())]
            : new[] { certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false) };
        return string.Join(", ", names.Select(name => $"'{name}'"));
    }
}
