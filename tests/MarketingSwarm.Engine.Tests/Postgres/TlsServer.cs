using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MarketingSwarm.Engine.Tests.Postgres;

/// <summary>
///   A PostgreSQL of these tests' own with TLS: its certificate is for <c>localhost</c> alone, and its database <see cref="TlsOnly"/> is
///   reached over TLS alone. A server that somebody named is not changed so.
/// </summary>
public sealed class TlsServer : IAsyncLifetime
{
    internal const string TlsOnly = "tls_only";

    private readonly PostgresServer _server = new();
    private readonly TempFolder _folder = new();

    internal string? SkipReason { get; private set; }

    internal int Port => _server.Port;

    /// <summary>The authority that signed the server's certificate.</summary>
    internal string Authority => _folder.File("ca.crt");

    /// <summary>An authority that did not.</summary>
    internal string OtherAuthority => _folder.File("other.crt");

    /// <summary>A certificate and its key of the authority, for the user <c>postgres</c>.</summary>
    internal string ClientCertificate => _folder.File("client.crt");

    internal string ClientKey => _folder.File("client.key");

    internal string GetUrl(string host, string database, string parameters)
        => $"postgresql://{_server.User}:{Uri.EscapeDataString(_server.Password)}@{host}:{Port}/{database}?{parameters}";

    public async ValueTask InitializeAsync()
    {
        if (Environment.GetEnvironmentVariable("SWARM_TEST_POSTGRES") is { Length: > 0 })
        {
            SkipReason = "These tests switch TLS on in a server of their own, and SWARM_TEST_POSTGRES names another.";
            return;
        }

        await _server.InitializeAsync();
        SkipReason = _server.SkipReason;
        if (SkipReason is not null) return;

        using var authority = MakeAuthority("Swarm Test CA", Authority);
        using var other = MakeAuthority("Other CA", OtherAuthority);
        var (certificate, key) = MakeCertificate(authority, "localhost", "localhost");
        var (clientCertificate, clientKey) = MakeCertificate(authority, "postgres", null);
        await File.WriteAllTextAsync(ClientCertificate, clientCertificate);
        await File.WriteAllTextAsync(ClientKey, clientKey);

        // The server writes the files itself: they must be its own user's.
        await WriteAsync("server.crt", certificate);
        await WriteAsync("server.key", key);
        await WriteAsync("ca.crt", await File.ReadAllTextAsync(Authority));
        await WriteAsync("pg_hba.conf", $"""
            local all all scram-sha-256
            hostssl {TlsOnly} all all scram-sha-256
            hostssl template1 all all cert
            host postgres all all scram-sha-256
            """);
        foreach (var setting in new[] { "ssl = on", "ssl_ca_file = 'ca.crt'" }) await _server.PsqlAsync("postgres", $"ALTER SYSTEM SET {setting}");
        await _server.PsqlAsync("postgres", $"CREATE DATABASE {TlsOnly}");
        await _server.PsqlAsync("postgres", "SELECT pg_reload_conf()");
        // The server reads its files when it comes to it; a session that began before then would not see TLS.
        while (await _server.PsqlAsync("postgres", "SHOW ssl") != "on") await Task.Yield();
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    private async Task WriteAsync(string name, string text)
        => await _server.PsqlAsync(
            "postgres", $"COPY (SELECT unnest(string_to_array('{text.ReplaceLineEndings("\n").Replace("'", "''", StringComparison.Ordinal)}', E'\\n'))) TO PROGRAM 'umask 077; cat > {name}'");

    private static X509Certificate2 MakeAuthority(string name, string path)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var now = DateTimeOffset.UtcNow;
        var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        File.WriteAllText(path, certificate.ExportCertificatePem());
        return certificate;
    }

    private static (string Certificate, string Key) MakeCertificate(X509Certificate2 authority, string name, string? dnsName)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        if (dnsName is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(dnsName);
            request.CertificateExtensions.Add(names.Build());
        }

        using var certificate = request.Create(authority, authority.NotBefore, authority.NotAfter, RandomNumberGenerator.GetBytes(8));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
