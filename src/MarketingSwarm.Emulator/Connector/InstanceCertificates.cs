using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using MarketingSwarm.Emulator.Clusters;
using MarketingSwarm.Emulator.Hosting;
using MarketingSwarm.Emulator.State;

namespace MarketingSwarm.Emulator.Connector;

/// <summary>Each instance's certificates: the authority that signs its server's, the next one where there is one, and the authority that signs its clients'. Kept with their keys in the state.</summary>
internal sealed class InstanceCertificates(StateStore store, TimeProvider clock)
{
    private const string Collection = "sql-certificates";

    private readonly Lock _lock = new();
    private readonly Dictionary<ClusterId, SslServerAuthenticationOptions> _options = [];

    /// <summary>Makes the certificates where there are none.</summary>
    public void Ensure(ClusterId id)
    {
        // Making keys takes a while, and is not to keep others from the state.
        if (store.Get(Collection, KeyOf(id)) is null) store.TryAdd(Collection, KeyOf(id), Make(id));
    }

    /// <summary>Forgets them, for an instance that is gone.</summary>
    public void Delete(ClusterId id)
    {
        lock (_lock)
        {
            store.Delete(Collection, KeyOf(id));
            _options.Remove(id);
        }
    }

    /// <summary>Replaces all of them: no certificate of before opens the way to the instance, nor proves it.</summary>
    public void Reset(ClusterId id) => Put(id, Make(id));

    /// <summary>Adds the next server authority, which clients can come to trust before it is used; where there is one already, that stays the next.</summary>
    public void AddServerAuthority(ClusterId id)
    {
        Ensure(id);
        var document = Get(id);
        if (document["next"] is not null) return;
        document["next"] = NewServerAuthority().ToJson();
        Put(id, document);
    }

    /// <summary>Begins to use the next server authority; does nothing where there is none.</summary>
    public void RotateServerAuthority(ClusterId id)
    {
        Ensure(id);
        var document = Get(id);
        if (document["next"] is not JsonObject next) return;
        document["server"] = CertificateAuthority.Parse(next).IssueServer(CommonNameOf(id), clock.GetUtcNow()).ToJson();
        document["authority"] = next.DeepClone();
        document.Remove("next");
        Put(id, document);
    }

    /// <summary>Whether there is a next server authority, or one with this fingerprint.</summary>
    public bool HasNext(ClusterId id, string? fingerprint)
    {
        if (store.Get(Collection, KeyOf(id))?["next"] is not JsonObject next) return false;
        using var certificate = CertificateAuthority.Parse(next).Load();
        return fingerprint is null || FingerprintOf(certificate).Equals(fingerprint, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The server authority in use as the API shows it; null where the instance has none yet.</summary>
    public JsonObject? ServerAuthority(ClusterId id)
        => store.Get(Collection, KeyOf(id)) is { } document ? View(id, CertificateAuthority.Parse(document["authority"]!.AsObject())) : null;

    /// <summary>All server authorities, the one in use first.</summary>
    public IReadOnlyList<JsonObject> ServerAuthorities(ClusterId id)
    {
        Ensure(id);
        var document = Get(id);
        return [.. new[] { document["authority"], document["next"] }.OfType<JsonObject>().Select(authority => View(id, CertificateAuthority.Parse(authority)))];
    }

    /// <summary>A new client certificate.</summary>
    /// <param name="id">The instance that it opens the way to.</param>
    /// <param name="publicKey">The client's key.</param>
    /// <param name="account">Who logs in with it by Cloud IAM; null where nobody does.</param>
    /// <param name="validity">For how long.</param>
    public JsonObject IssueClient(ClusterId id, RSA publicKey, string? account, TimeSpan validity)
    {
        Ensure(id);
        var now = clock.GetUtcNow();
        using var certificate = CertificateAuthority.Parse(Get(id)["clients"]!.AsObject()).IssueClient(publicKey, account, now, now + validity);
        var view = View(id, certificate);
        view["createTime"] = now.ToText();
        return view;
    }

    /// <summary>How the instance's proxy meets its clients now: TLS 1.3 only, with a certificate that the instance's authority signed and that is valid at this moment.</summary>
    public SslServerAuthenticationOptions ServerOptions(ClusterId id)
    {
        Ensure(id);
        lock (_lock)
        {
            if (!_options.TryGetValue(id, out var options)) _options.Add(id, options = MakeOptions(Get(id)));
            return options;
        }
    }

    private static string KeyOf(ClusterId id) => $"{id.Project}/{id.Instance}";

    private static string CommonNameOf(ClusterId id) => id.ToString();

    private JsonObject Get(ClusterId id) => store.Get(Collection, KeyOf(id)) ?? throw new InvalidOperationException($"{id} has no certificates.");

    private void Put(ClusterId id, JsonObject document)
    {
        lock (_lock)
        {
            store.Put(Collection, KeyOf(id), document);
            _options.Remove(id);
        }
    }

    private CertificateAuthority NewServerAuthority() => CertificateAuthority.Create("Google Cloud SQL Server CA", clock.GetUtcNow());

    private JsonObject Make(ClusterId id)
    {
        var authority = NewServerAuthority();
        return new JsonObject
        {
            ["authority"] = authority.ToJson(),
            ["server"] = authority.IssueServer(CommonNameOf(id), clock.GetUtcNow()).ToJson(),
            ["clients"] = CertificateAuthority.Create($"Google Cloud SQL Signing CA {id}", clock.GetUtcNow()).ToJson(),
        };
    }

    private static SslServerAuthenticationOptions MakeOptions(JsonObject document)
    {
        var server = CertificateAuthority.Parse(document["server"]!.AsObject()).LoadWithKey();
        var authority = CertificateAuthority.Parse(document["authority"]!.AsObject()).Load();
        X509ChainPolicy policy = new()
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { CertificateAuthority.Parse(document["clients"]!.AsObject()).Load() },
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            ApplicationPolicy = { new Oid(CertificateAuthority.ClientAuthentication) },
        };
        return new SslServerAuthenticationOptions
        {
            EnabledSslProtocols = SslProtocols.Tls13,
            ServerCertificateContext = SslStreamCertificateContext.Create(server, [authority], offline: true),
            ClientCertificateRequired = true,
            CertificateChainPolicy = policy,
            RemoteCertificateValidationCallback = (_, certificate, _, errors) => certificate is not null && errors == SslPolicyErrors.None,
            // A session that is resumed would outlive its certificate.
            AllowTlsResume = false,
            AllowRenegotiation = false,
        };
    }

    private static JsonObject View(ClusterId id, CertificateAuthority authority)
    {
        using var certificate = authority.Load();
        return View(id, certificate);
    }

    private static JsonObject View(ClusterId id, X509Certificate2 certificate) => new()
    {
        ["kind"] = "sql#sslCert",
        ["certSerialNumber"] = certificate.SerialNumber,
        ["cert"] = certificate.ExportCertificatePem(),
        ["createTime"] = new DateTimeOffset(certificate.NotBefore).ToText(),
        ["commonName"] = certificate.Subject,
        ["expirationTime"] = new DateTimeOffset(certificate.NotAfter).ToText(),
        ["sha1Fingerprint"] = FingerprintOf(certificate),
        ["instance"] = id.Instance,
    };

    private static string FingerprintOf(X509Certificate2 certificate) => certificate.Thumbprint.ToLowerInvariant();
}
