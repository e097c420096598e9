using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace MarketingSwarm.Emulator.Connector;

/// <summary>A certificate authority of an instance, with its key.</summary>
/// <param name="CertificatePem">Its certificate.</param>
/// <param name="KeyPem">Its private key (PKCS #8).</param>
internal sealed record CertificateAuthority(string CertificatePem, string KeyPem)
{
    private const int KeySize = 2048;
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <summary>What a client's certificate must be for.</summary>
    public const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private const string DnQualifier = "2.5.4.46";

    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(3650);

    // A client whose clock is a little behind takes a new certificate all the same.
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    /// <summary>A new one, which signs itself.</summary>
    public static CertificateAuthority Create(string commonName, DateTimeOffset now)
    {
        using var key = RSA.Create(KeySize);
        CertificateRequest request = new(NameOf(commonName, Guid.NewGuid().ToString()), key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        using var certificate = request.CreateSelfSigned(now - Tolerance, now + Lifetime);
        return new CertificateAuthority(certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    public static CertificateAuthority Parse(JsonObject document) => new(document["certificate"]!.GetValue<string>(), document["key"]!.GetValue<string>());

    public JsonObject ToJson() => new() { ["certificate"] = CertificatePem, ["key"] = KeyPem };

    /// <summary>The certificate alone.</summary>
    public X509Certificate2 Load() => X509Certificate2.CreateFromPem(CertificatePem);

    /// <summary>A server's certificate with a key of its own; as Google's internal authority has it, it names the instance in the common name and has no alternative name.</summary>
    public CertificateAuthority IssueServer(string commonName, DateTimeOffset now)
    {
        using var key = RSA.Create(KeySize);
        using var authority = LoadWithKey();
        using var certificate = Issue(authority, NameOf(commonName), key, ServerAuthentication, null, now, authority.NotAfter);
        return new CertificateAuthority(certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>A client's certificate.</summary>
    /// <param name="publicKey">The client's key.</param>
    /// <param name="account">The e-mail address of who logs in with it by Cloud IAM; null where it only opens the way.</param>
    /// <param name="now">The time.</param>
    /// <param name="expiration">When it ends, to the second.</param>
    public X509Certificate2 IssueClient(RSA publicKey, string? account, DateTimeOffset now, DateTimeOffset expiration)
    {
        using var authority = LoadWithKey();
        return Issue(authority, NameOf("temporary cert"), publicKey, ClientAuthentication, account, now, expiration);
    }

    /// <summary>The certificate with its key.</summary>
    public X509Certificate2 LoadWithKey()
    {
        var certificate = X509Certificate2.CreateFromPem(CertificatePem, KeyPem);
        if (!OperatingSystem.IsWindows()) return certificate;
        // TLS on Windows does not use a key that was never in a key store.
        using (certificate) return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }

    private static X509Certificate2 Issue(
        X509Certificate2 authority, X500DistinguishedName subject, RSA key, string purpose, string? account, DateTimeOffset now, DateTimeOffset expiration)
    {
        CertificateRequest request = new(subject, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        if (account is not null)
        {
            SubjectAlternativeNameBuilder names = new();
            names.AddEmailAddress(account);
            request.CertificateExtensions.Add(names.Build());
        }

        // Sixteen bytes whose first bit is 0: a serial number is positive.
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x7f) | 0x40);
        using var issuerKey = authority.GetRSAPrivateKey()!;
        return request.Create(authority.SubjectName, X509SignatureGenerator.CreateForRSA(issuerKey, RSASignaturePadding.Pkcs1), now - Tolerance, expiration, serial);
    }

    private static X500DistinguishedName NameOf(string commonName, string? qualifier = null)
    {
        X500DistinguishedNameBuilder name = new();
        name.AddCountryOrRegion("US");
        name.AddOrganizationName("Google, Inc");
        name.AddCommonName(commonName);
        if (qualifier is not null) name.Add(DnQualifier, qualifier, System.Formats.Asn1.UniversalTagNumber.PrintableString);
        return name.Build();
    }
}
