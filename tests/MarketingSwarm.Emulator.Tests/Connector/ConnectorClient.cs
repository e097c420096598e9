using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using MarketingSwarm.Emulator.Tests.CloudSql;
using Npgsql;

namespace MarketingSwarm.Emulator.Tests.Connector;

/// <summary>What a connector does by hand: it asks for settings and a certificate, and dials the proxy with TLS at once.</summary>
internal sealed class ConnectorClient : IDisposable
{
    private ConnectorClient(string name, JsonObject settings, JsonObject? certificate, RSA key, int port)
    {
        Name = name;
        Settings = settings;
        Certificate = certificate;
        Key = key;
        Port = port;
    }

    public JsonObject Settings { get; }

    public JsonObject? Certificate { get; }

    public RSA Key { get; }

    public int Port { get; }

    public string Address => Settings["ipAddresses"]![0]!["ipAddress"]!.GetValue<string>();

    /// <summary>The server's common name, as the client wants it.</summary>
    private string Name { get; }

    /// <param name="emulator">The emulator.</param>
    /// <param name="project">The instance's project.</param>
    /// <param name="instance">The instance.</param>
    /// <param name="token">The token of a login by Cloud IAM; null for none.</param>
    /// <param name="validity">How long the certificate is to be valid; null for the default.</param>
    public static async Task<ConnectorClient> CreateAsync(RunningEmulator emulator, CloudSqlProject project, string instance, string? token = null, string? validity = null)
    {
        var key = RSA.Create(2048);
        var settings = await project.GetAsync(instance + "/connectSettings");
        Assert.True(settings.Status == 200, settings.ToString());
        var certificate = await IssueAsync(emulator, project, instance, key.ExportSubjectPublicKeyInfoPem(), token, validity);
        Assert.True(certificate.Status == 200, certificate.ToString());
        return new ConnectorClient(
            $"{project.Name}:{instance}", settings.Body, certificate.Body["ephemeralCert"]!.AsObject(), key, await PortOfAsync(emulator, project, instance));
    }

    public static Task<Answer> IssueAsync(RunningEmulator emulator, CloudSqlProject project, string instance, string publicKey, string? token = null, string? validity = null)
    {
        JsonObject body = new() { ["public_key"] = publicKey };
        if (token is not null) body["access_token"] = token;
        if (validity is not null) body["validDuration"] = validity;
        return emulator.SendAsync("POST", project.PathOf(instance + ":generateEphemeralCert"), body.ToJsonString());
    }

    /// <summary>Where the instance's proxy is: 3307, unless that port of its address was taken.</summary>
    public static async Task<int> PortOfAsync(RunningEmulator emulator, CloudSqlProject project, string instance)
        => (await emulator.GetListAsync("/emulator/instances")).List.OfType<JsonObject>()
            .Single(entry => entry["project"]!.GetValue<string>() == project.Name && entry["instance"]!.GetValue<string>() == instance)["proxyPort"]!.GetValue<int>();

    /// <summary>This client with the certificate of another, or with none.</summary>
    public ConnectorClient With(ConnectorClient? other) => new(Name, Settings, other?.Certificate, (other ?? this).Key, Port);

    /// <summary>Opens a connection of its own.</summary>
    public async Task<NpgsqlConnection> OpenAsync(string user, string? password, string database = "postgres")
    {
        NpgsqlConnectionStringBuilder text = new()
        {
            Host = Address, Port = Port, Username = user, Password = password, Database = database, SslMode = SslMode.Require, SslNegotiation = SslNegotiation.Direct,
            GssEncryptionMode = GssEncryptionMode.Disable, ChannelBinding = ChannelBinding.Disable, Pooling = false, Timeout = 30,
        };
        NpgsqlDataSourceBuilder builder = new(text.ConnectionString);
        builder.UseSslClientAuthenticationOptionsCallback(options =>
        {
            options.TargetHost = "";
            options.EnabledSslProtocols = SslProtocols.Tls13;
            options.ApplicationProtocols = null;
            options.ClientCertificates = Certificate is null ? [] : [LoadCertificate()];
            options.RemoteCertificateValidationCallback = (_, server, _, _) => IsRight((X509Certificate2)server!);
        });
        var source = builder.Build();
        return await source.OpenConnectionAsync(TestContext.Current.CancellationToken);
    }

    public async Task<string> AskAsync(string user, string? password, string sql, string database = "postgres")
    {
        await using var connection = await OpenAsync(user, password, database);
        return await AskAsync(connection, sql);
    }

    public static async Task<string> AskAsync(NpgsqlConnection connection, string sql)
    {
        await using NpgsqlCommand command = new(sql, connection);
        return (await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!.ToString()!;
    }

    public X509Certificate2 LoadCertificate()
    {
        using var certificate = X509Certificate2.CreateFromPem(Certificate!["cert"]!.GetValue<string>());
        using var withKey = certificate.CopyWithPrivateKey(Key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);
    }

    public void Dispose() => Key.Dispose();

    private bool IsRight(X509Certificate2 server)
    {
        using X509Chain chain = new() { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck } };
        chain.ChainPolicy.CustomTrustStore.ImportFromPem(Settings["serverCaCert"]!["cert"]!.GetValue<string>());
        return chain.Build(server) && server.GetNameInfo(X509NameType.SimpleName, forIssuer: false) == Name;
    }
}
