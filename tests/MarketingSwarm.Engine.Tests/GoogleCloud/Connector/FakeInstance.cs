using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using MarketingSwarm.Engine.Configuration;
using MarketingSwarm.Engine.GoogleCloud;
using MarketingSwarm.Engine.GoogleCloud.Connector;
using MarketingSwarm.Engine.Tests.Configuration;

namespace MarketingSwarm.Engine.Tests.GoogleCloud.Connector;

/// <summary>
///   A Cloud SQL instance as a connector sees it: the Admin API's two methods over HTTP, and a front that ends TLS before a real PostgreSQL and demands a
///   certificate that the API made. Every part of it can be wrong in a way that a test says.
/// </summary>
internal sealed class FakeInstance : IAsyncDisposable
{
    internal const string Token = "token-of-a-test";
    internal const string ConnectionName = "my-project:us-central1:db";

    private readonly HttpListener _http = new();
    private readonly TcpListener _front = new(IPAddress.Loopback, 0);
    private readonly Uri _address;
    private readonly TestDatabase _database;
    private readonly ConcurrentDictionary<TcpClient, bool> _clients = [];
    private Authority _serverAuthority = new("Google Cloud SQL Root CA");
    private Authority _clientAuthority = new("Google Cloud SQL Signing CA foo:baz");
    private int _certificateCount;
    private int _settingsCount;
    private int _secretCount;
    private int _frontCount;

    internal FakeInstance(TestDatabase database)
    {
        _database = database;
        _front.Start();
        FrontPort = ((IPEndPoint)_front.LocalEndpoint).Port;
        _address = StartHttp();
        _ = AnswerAsync();
        _ = AcceptAsync();
    }

    /// <summary>How often a certificate was asked for.</summary>
    internal int CertificateCount => Volatile.Read(ref _certificateCount);

    internal int SettingsCount => Volatile.Read(ref _settingsCount);

    internal int SecretCount => Volatile.Read(ref _secretCount);

    /// <summary>How many TCP connections the front has taken.</summary>
    internal int FrontCount => Volatile.Read(ref _frontCount);

    internal int FrontPort { get; }

    internal JsonObject? LastCertificateRequest { get; private set; }

    internal TimeSpan CertificateLifetime { get; set; } = TimeSpan.FromHours(1);

    internal string ServerSubject { get; set; } = "CN=my-project:db";

    internal string? ServerDnsName { get; set; }

    internal TimeSpan ServerLifetime { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Whether the server's certificate is signed by an authority that the root signed.</summary>
    internal bool HasIntermediate { get; set; }

    /// <summary>What the API says; changed by tests.</summary>
    internal JsonObject Settings { get; } = new()
    {
        ["region"] = "us-central1",
        ["backendType"] = "SECOND_GEN",
        ["databaseVersion"] = "POSTGRES_15",
        ["ipAddresses"] = new JsonArray(new JsonObject { ["type"] = "PRIMARY", ["ipAddress"] = "127.0.0.1" }),
    };

    internal string State { get; set; } = "RUNNABLE";

    internal string ActivationPolicy { get; set; } = "ALWAYS";

    /// <summary>A status and a reason with which the API refuses a certificate.</summary>
    internal (int Status, string Reason)? Refusal { get; set; }

    internal string AcceptedToken { get; set; } = Token;

    internal string Secret { get; set; } = "";

    /// <summary>Whether the front knows TLS at all.</summary>
    internal bool SpeaksTls { get; set; } = true;

    /// <summary>How many connections the front ends right after TLS.</summary>
    internal int EndedAfterTls { get; set; }

    /// <summary>Lets the API publish an authority that signed nothing.</summary>
    internal bool PublishesOtherAuthority { get; set; }

    /// <summary>Lets the API publish another authority beside the right one, as while one replaces the other.</summary>
    internal bool PublishesTwoAuthorities { get; set; }

    /// <summary>Lets the front trust an authority that the API does not sign with.</summary>
    internal bool TrustsOtherClients { get; set; }

    /// <summary>Resolves <c>cloudsql://…</c> as a session would that was sent to this instance, with a connector of its own.</summary>
    internal SwarmDatabase Resolve(string parameters, CloudSqlConnector? connector = null, string? login = null)
    {
        using var naming = new Naming();
        return DatabaseResolver.Resolve(
            new DatabaseReference($"cloudsql://{login ?? $"{_database.User}:{Uri.EscapeDataString(_database.Password)}@"}{ConnectionName}/{_database.Name}{parameters}"),
            naming.Context with { Cloud = Options, Connector = connector ?? CreateConnector() });
    }

    internal CloudOptions Options => new() { Endpoint = _address, AccessToken = Token, IsTokenForEndpoint = true };

    internal CloudSqlConnector CreateConnector(TimeProvider? clock = null) => new(clock ?? TimeProvider.System, FrontPort);

    /// <summary>New authorities on both sides, as after a rotation or a new emulator; what was given out before counts no more.</summary>
    internal void Rotate()
    {
        _serverAuthority = new Authority("Google Cloud SQL Root CA");
        _clientAuthority = new Authority("Google Cloud SQL Signing CA foo:baz");
    }

    /// <summary>What another front, that a test runs itself, trusts and shows: an authority for clients, the server's certificate and its key.</summary>
    internal (string ClientAuthority, string Certificate, string Key) ExportFront(bool trustsClients)
    {
        using var certificate = _serverAuthority.CertifyServer(ServerSubject, ServerDnsName, ServerLifetime);
        using var key = certificate.GetRSAPrivateKey()!;
        using var authority = new Authority("Nobody");
        return ((trustsClients ? _clientAuthority : authority).Certificate.ExportCertificatePem(), certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>The front no longer listens.</summary>
    internal void StopFront() => _front.Stop();

    public ValueTask DisposeAsync()
    {
        _http.Close();
        _front.Dispose();
        foreach (var client in _clients.Keys) client.Dispose();
        return ValueTask.CompletedTask;
    }

    // HttpListener takes no free port by itself; one that was free a moment ago may be somebody else's now.
    private Uri StartHttp()
    {
        while (true)
        {
            Uri address;
            using (var free = new ClosedPort()) address = new Uri($"http://127.0.0.1:{free.Number}/");
            _http.Prefixes.Add(address.ToString());
            try
            {
                _http.Start();
                return address;
            }
            catch (HttpListenerException)
            {
                _http.Prefixes.Clear();
            }
        }
    }

    private async Task AnswerAsync()
    {
        while (_http.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _http.GetContextAsync();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            _ = Task.Run(() => Answer(context));
        }
    }

    private void Answer(HttpListenerContext context)
    {
        try
        {
            var (status, body) = Route(context.Request);
            context.Response.StatusCode = status;
            context.Response.ContentType = "application/json";
            context.Response.Close(Encoding.UTF8.GetBytes(body.ToJsonString()), willBlock: true);
        }
        catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException or InvalidOperationException)
        {
            // The client has gone.
        }
    }

    private (int Status, JsonObject Body) Route(HttpListenerRequest request)
    {
        if (request.Headers["Authorization"] != $"Bearer {AcceptedToken}") return Refuse(401, "authError");
        switch (request.Url!.AbsolutePath)
        {
            case "/v1/projects/my-project/instances/db":
                return (200, new JsonObject
                {
                    ["name"] = "db", ["project"] = "my-project", ["state"] = State, ["settings"] = new JsonObject { ["activationPolicy"] = ActivationPolicy },
                });
            case "/v1/projects/my-project/instances/db/connectSettings":
                Interlocked.Increment(ref _settingsCount);
                var published = PublishesOtherAuthority ? new Authority("Another CA") : _serverAuthority;
                var settings = (JsonObject)Settings.DeepClone();
                settings["serverCaCert"] = new JsonObject { ["cert"] = published.Certificate.ExportCertificatePem() + (PublishesTwoAuthorities ? "\n" + new Authority("Next CA").Certificate.ExportCertificatePem() : "") };
                return (200, settings);
            case "/v1/projects/my-project/instances/db:generateEphemeralCert" when request.HttpMethod == "POST":
                Interlocked.Increment(ref _certificateCount);
                LastCertificateRequest = (JsonObject)JsonNode.Parse(request.InputStream)!;
                if (Refusal is { } refusal) return Refuse(refusal.Status, refusal.Reason);
                var pem = _clientAuthority.Certify($"{LastCertificateRequest["public_key"]}", CertificateLifetime);
                return (200, new JsonObject { ["ephemeralCert"] = new JsonObject { ["cert"] = pem } });
            case "/v1/projects/my-project/secrets/db-pass/versions/latest:access":
                Interlocked.Increment(ref _secretCount);
                return (200, new JsonObject
                {
                    ["name"] = "projects/1/secrets/db-pass/versions/1",
                    ["payload"] = new JsonObject { ["data"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(Secret)) },
                });
            default:
                return Refuse(404, "notFound");
        }
    }

    private static (int Status, JsonObject Body) Refuse(int status, string reason) => (status, new JsonObject
    {
        ["error"] = new JsonObject
        {
            ["code"] = status, ["message"] = $"The fake says {reason}.",
            ["errors"] = new JsonArray(new JsonObject { ["reason"] = reason, ["domain"] = "global", ["message"] = $"The fake says {reason}." }),
        },
    });

    private async Task AcceptAsync()
    {
        while (true)
        {
            TcpClient client;
            try
            {
                client = await _front.AcceptTcpClientAsync();
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                return;
            }

            Interlocked.Increment(ref _frontCount);
            _clients[client] = true;
            _ = Task.Run(() => ServeAsync(client));
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using (client)
            {
                client.NoDelay = true;
                if (!SpeaksTls)
                {
                    await client.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
                    return;
                }

                await using var secure = new SslStream(client.GetStream());
                var trusted = TrustsOtherClients ? new Authority("Nobody") : _clientAuthority;
                using var root = HasIntermediate ? _serverAuthority.CertifyAuthority("Intermediate") : null;
                using var certificate = (root ?? _serverAuthority).CertifyServer(ServerSubject, ServerDnsName, ServerLifetime);
                await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = SslStreamCertificateContext.Create(certificate, root is null ? null : [root.Certificate], offline: true),
                    EnabledSslProtocols = SslProtocols.Tls13,
                    ClientCertificateRequired = true,
                    RemoteCertificateValidationCallback = (_, shown, _, _) => shown is X509Certificate2 one && trusted.HasSigned(one),
                });
                if (EndedAfterTls > 0)
                {
                    EndedAfterTls--;
                    return;
                }

                // The server is called when the client speaks, so that who only connects takes none of its sessions.
                var buffer = new byte[65536];
                var read = await secure.ReadAsync(buffer);
                if (read == 0) return;
                using var server = new TcpClient();
                await server.ConnectAsync(_database.Host, _database.Port);
                server.NoDelay = true;
                var plain = server.GetStream();
                await plain.WriteAsync(buffer.AsMemory(0, read));
                var up = secure.CopyToAsync(plain);
                var down = plain.CopyToAsync(secure);
                await Task.WhenAny(up, down);
            }
        }
        catch (Exception exception) when (exception is IOException or AuthenticationException or SocketException or ObjectDisposedException)
        {
            // A refused or broken connection is what tests look at from the other side.
        }
        finally
        {
            _clients.TryRemove(client, out _);
        }
    }

    private sealed class Authority : IDisposable
    {
        private readonly RSA _key = RSA.Create(2048);

        internal Authority(string name, Authority? parent = null)
        {
            var request = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
            request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
            var now = DateTimeOffset.UtcNow;
            if (parent is null)
            {
                Certificate = request.CreateSelfSigned(now.AddDays(-10), now.AddDays(10));
                return;
            }

            using var signed = request.Create(parent.Certificate, now.AddDays(-9), now.AddDays(9), RandomNumberGenerator.GetBytes(8));
            Certificate = signed.CopyWithPrivateKey(_key);
        }

        internal X509Certificate2 Certificate { get; }

        internal Authority CertifyAuthority(string name) => new(name, this);

        internal string Certify(string publicKey, TimeSpan lifetime)
        {
            using var key = RSA.Create();
            key.ImportFromPem(publicKey);
            var request = new CertificateRequest(
                new X500DistinguishedName("CN=ephemeral"), new PublicKey(key), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            var now = DateTimeOffset.UtcNow;
            using var certificate = request.Create(Certificate, now.AddMinutes(-1), now + lifetime, RandomNumberGenerator.GetBytes(8));
            return certificate.ExportCertificatePem();
        }

        internal X509Certificate2 CertifyServer(string subject, string? dnsName, TimeSpan lifetime)
        {
            using var key = RSA.Create(2048);
            var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            if (dnsName is not null)
            {
                var names = new SubjectAlternativeNameBuilder();
                names.AddDnsName(dnsName);
                request.CertificateExtensions.Add(names.Build());
            }

            var now = DateTimeOffset.UtcNow;
            using var certificate = request.Create(Certificate, now.AddDays(-5), now + lifetime, RandomNumberGenerator.GetBytes(8));
            return certificate.CopyWithPrivateKey(key);
        }

        internal bool HasSigned(X509Certificate2 certificate)
        {
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.CustomTrustStore.Add(Certificate);
            return chain.Build(certificate);
        }

        public void Dispose()
        {
            Certificate.Dispose();
            _key.Dispose();
        }
    }
}
