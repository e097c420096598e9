using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using MarketingSwarm.Engine.GoogleCloud.CloudSql;
using MarketingSwarm.Engine.GoogleCloud.Identity;

namespace MarketingSwarm.Engine.GoogleCloud.Connector;

/// <summary>Asks the Cloud SQL Admin API where an instance is and for a client certificate, both at once.</summary>
/// <param name="api">Where to, and in whose name.</param>
/// <param name="instance">Which instance.</param>
/// <param name="isIamLogin">Whether the certificate stands for the login too.</param>
/// <param name="key">The process's key.</param>
internal sealed class ConnectionInfoRefresher(IGoogleApi api, InstanceName instance, bool isIamLogin, Lazy<Task<RSA>> key)
{
    private const string SecondGeneration = "SECOND_GEN";
    private const string PostgresVersions = "POSTGRES";

    /// <exception cref="SwarmCloudException">Google could not be asked, or refused.</exception>
    /// <exception cref="SwarmConfigurationException">It is not the instance that its name says, or none that can be connected to.</exception>
    internal async Task<ConnectionInfo> RefreshAsync(CancellationToken cancellationToken)
    {
        try
        {
            // A refusal of the certificate says less than what the settings tell, a wrong region say: they are judged first.
            var certifying = CertifyAsync(cancellationToken);
            JsonObject settings;
            try
            {
                settings = await api.SendAsync(ConnectorRequests.GetConnectSettings(instance), cancellationToken).ConfigureAwait(false);
                Judge(settings);
            }
            catch
            {
                await ((Task)certifying).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw;
            }

            var (certificate, expiry) = await certifying.ConfigureAwait(false);
            return Create(settings, certificate, expiry);
        }
        catch (SwarmCloudException exception) when (exception.Failure is SwarmCloudFailure.Busy or SwarmCloudFailure.InvalidRequest)
        {
            // For a stopped instance the API calls the request invalid.
            if (await FindStateAsync(cancellationToken).ConfigureAwait(false) is { } state && state != "RUNNABLE") throw Errors.InstanceNotRunning(instance, state);
            throw;
        }
        catch (OperationCanceledException)
        {
            throw Errors.ConnectorTimedOut(instance);
        }
    }

    /// <summary>The instance's state as CloudSqlInstance has it; <see langword="null"/> where Google does not say.</summary>
    internal async Task<string?> FindStateAsync(CancellationToken cancellationToken)
    {
        try
        {
            var answer = await api.SendAsync(CloudSqlRequests.GetInstance(instance.Project, instance.Name), cancellationToken).ConfigureAwait(false);
            return CloudSqlObjects.ToInstance(instance.Project, answer).State;
        }
        catch (SwarmCloudException)
        {
            // The state explains another error; that it cannot be seen is no news.
            return null;
        }
    }

    private async Task<(X509Certificate2 Certificate, DateTimeOffset Expiry)> CertifyAsync(CancellationToken cancellationToken)
    {
        var rsa = await key.Value.ConfigureAwait(false);
        var (token, tokenExpiry) = isIamLogin
            ? await AccessTokens.GetLoginAsync(api.Settings.Credential, api.Settings.GetAddress(GoogleApi.CloudSqlAdmin), cancellationToken).ConfigureAwait(false)
            : (null, null);
        var request = ConnectorRequests.GenerateEphemeralCertificate(instance, rsa.ExportSubjectPublicKeyInfoPem(), token);
        var answer = await api.SendAsync(request, cancellationToken).ConfigureAwait(false);
        var text = answer.Text("ephemeralCert", "cert") ?? throw Errors.ConnectorAnswerIncomplete(instance, "no certificate (ephemeralCert.cert)");
        X509Certificate2 certificate;
        try
        {
            certificate = AttachKey(X509Certificate2.CreateFromPem(text), rsa);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw Errors.ConnectorAnswerIncomplete(instance, $"a certificate that cannot be used ({exception.Message.TrimEnd('.')})");
        }

        var expiry = new DateTimeOffset(certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero);
        return (certificate, tokenExpiry < expiry ? tokenExpiry.Value : expiry);
    }

    private static X509Certificate2 AttachKey(X509Certificate2 certificate, RSA rsa)
    {
        using (certificate)
        {
            var whole = certificate.CopyWithPrivateKey(rsa);
            if (!OperatingSystem.IsWindows()) return whole;
            // SChannel cannot use a key that is in memory alone (https://github.com/dotnet/runtime/issues/23749): the key goes into the user's store while it is needed.
            using (whole) return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pfx), null, X509KeyStorageFlags.DefaultKeySet);
        }
    }

    private void Judge(JsonObject settings)
    {
        if (settings.Text("region") is { } region && region != instance.Region) throw Errors.InstanceRegionWrong(instance, region);
        if (settings.Text("backendType") is { } backend && backend != SecondGeneration) throw Errors.InstanceGenerationUnknown(instance, backend);
        if (settings.Text("databaseVersion") is { } version && !version.StartsWith(PostgresVersions, StringComparison.Ordinal)) throw Errors.InstanceNotPostgres(instance, version);
    }

    private ConnectionInfo Create(JsonObject settings, X509Certificate2 certificate, DateTimeOffset expiry)
    {
        var names = settings.Items("dnsNames").ToArray();
        var serviceName = names.FirstOrDefault(name => name.Text("connectionType") == "PRIVATE_SERVICE_CONNECT" && name.Text("dnsScope") == "INSTANCE").Text("name")
            ?? (settings.Flag("pscEnabled") ? settings.Text("dnsName") : null);
        var info = new ConnectionInfo
        {
            Instance = instance,
            PublicAddress = FindAddress("PRIMARY"),
            PrivateAddress = FindAddress("PRIVATE"),
            ServiceName = WithoutDot(serviceName),
            ServerName = WithoutDot(names.FirstOrDefault().Text("name") ?? settings.Text("dnsName")),
            Authorities = ReadAuthorities(settings.Text("serverCaCert", "cert")),
            // Offline: its issuer is nobody's whom this machine could ask.
            ClientCertificate = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true),
            Expiry = expiry,
        };
        return info.PublicAddress is null && info.PrivateAddress is null && info.ServiceName is null ? throw Errors.InstanceHasNoAddress(instance) : info;

        string? FindAddress(string type) => settings.Items("ipAddresses").FirstOrDefault(address => address.Text("type") == type).Text("ipAddress") is { Length: > 0 } found ? found : null;

        static string? WithoutDot(string? name) => name?.TrimEnd('.') is { Length: > 0 } trimmed ? trimmed : null;
    }

    private X509Certificate2Collection ReadAuthorities(string? text)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPem(text ?? "");
        }
        catch (CryptographicException exception)
        {
            throw Errors.ConnectorAnswerIncomplete(instance, $"authorities (serverCaCert.cert) that cannot be read ({exception.Message.TrimEnd('.')})");
        }

        return authorities.Count > 0 ? authorities : throw Errors.ConnectorAnswerIncomplete(instance, "no authority (serverCaCert.cert)");
    }
}
