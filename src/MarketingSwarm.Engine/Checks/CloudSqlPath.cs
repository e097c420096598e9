using System.Globalization;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using MarketingSwarm.Engine.GoogleCloud;
using MarketingSwarm.Engine.GoogleCloud.Connector;
using MarketingSwarm.Engine.GoogleCloud.Identity;

namespace MarketingSwarm.Engine.Checks;

/// <summary>One step on the way to an instance.</summary>
/// <param name="Name">The check's name.</param>
/// <param name="Expected">What is wanted.</param>
/// <param name="Passed">Whether it is so; <see langword="null"/> where an earlier step stands in the way.</param>
/// <param name="Actual">What was found.</param>
/// <param name="Problem">What is wrong.</param>
internal sealed record PathStep(string Name, string Expected, bool? Passed, string Actual, SwarmException? Problem = null);

/// <summary>Walks the way to a Cloud SQL instance as a connection does, a step at a time, up to PostgreSQL's own door.</summary>
internal sealed class CloudSqlPath(SwarmDatabase database)
{
    internal const string Credentials = "Credentials";
    internal const string Api = "Api";
    internal const string Permission = "Permission";
    internal const string Instance = "Instance";
    internal const string Address = "Address";
    internal const string Tcp = "Tcp";
    internal const string Tls = "Tls";
    internal const string Certificate = "Certificate";
    internal const string Secret = "Secret";
    internal const string Login = "Login";
    internal const string DatabaseName = "Database";

    private static readonly string[] Order = [Credentials, Api, Permission, Instance, Address, Tcp, Tls, Certificate];

    private readonly ConnectorAccess _access = (ConnectorAccess)database.Cloud!;
    private InstanceName _instance = null!;
    private ConnectionInfo? _info;
    private SwarmException? _refusal;
    private string _address = "";

    internal static string Expect(string name) => name switch
    {
        Credentials => "a Google Cloud credential that gives a token",
        Api => "the Cloud SQL Admin API is enabled in the project and answers",
        Permission => $"{ConnectorRequests.Permission} ({ConnectorRequests.Role})",
        Instance => "an instance of PostgreSQL of this name in this region that runs",
        Address => "an address of the kind that 'ipType' asks for",
        Tcp => "a connection to the address",
        Tls => "TLS 1.3",
        Certificate => "the server's certificate is the instance's",
        Secret => "the secret of 'passwordSecret' can be read",
        Login => "PostgreSQL lets the user in",
        _ => "the database exists",
    };

    /// <summary>The steps up to the first that fails; those after it come as not checked.</summary>
    internal async IAsyncEnumerable<PathStep> WalkAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? failed = null;
        var names = database.PasswordSecret is null || database.HasPassword || database.IsIamLogin ? Order : Order.Append(Secret);
        foreach (var name in names)
        {
            if (failed is not null)
            {
                yield return new PathStep(name, Expect(name), null, Describe(failed));
                continue;
            }

            var step = await TryAsync(name, cancellationToken).ConfigureAwait(false);
            if (step.Passed != true) failed = name;
            yield return step;
        }
    }

    /// <summary>Why a step was not taken.</summary>
    internal static string Describe(string failedStep) => $"{failedStep} failed";

    private async Task<PathStep> TryAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            var actual = name switch
            {
                Credentials => await CheckCredentialsAsync(cancellationToken).ConfigureAwait(false),
                Api => await CheckApiAsync(cancellationToken).ConfigureAwait(false),
                Permission => CheckPermission(),
                Instance => await CheckInstanceAsync(cancellationToken).ConfigureAwait(false),
                Address => CheckAddress(),
                Tcp => await CheckTcpAsync(cancellationToken).ConfigureAwait(false),
                Tls => await CheckTlsAsync(cancellationToken).ConfigureAwait(false),
                Secret => await CheckSecretAsync(cancellationToken).ConfigureAwait(false),
                _ => CheckCertificate(),
            };
            return new PathStep(name, Expect(name), true, actual);
        }
        catch (SwarmException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new PathStep(name, Expect(name), false, exception.Message, exception);
        }
    }

    private async Task<string> CheckCredentialsAsync(CancellationToken cancellationToken)
    {
        if (!InstanceName.TryParse(database.InstanceConnectionName!, out var instance)) throw Errors.UrlInstanceInvalid(database.Url);
        _instance = instance;
        using var api = _access.CreateClient();
        await AccessTokens.GetAsync(api.Settings.Credential, api.Settings.GetAddress(GoogleApi.CloudSqlAdmin), isRejected: false, cancellationToken).ConfigureAwait(false);
        return $"{api.Settings.Credential.Description} ({api.Settings.Credential.Origin})";
    }

    // One answer tells of the API, the permission and the instance; it is kept for the steps that it belongs to.
    private async Task<string> CheckApiAsync(CancellationToken cancellationToken)
    {
        using var api = _access.CreateClient();
        var address = api.Settings.GetAddress(GoogleApi.CloudSqlAdmin).GetLeftPart(UriPartial.Authority);
        try
        {
            _info = await _access.Connector.AskAsync(api, _instance, database.IsIamLogin, cancellationToken).ConfigureAwait(false);
        }
        catch (SwarmCloudException exception) when (exception.Failure is SwarmCloudFailure.ApiDisabled or SwarmCloudFailure.Unavailable or SwarmCloudFailure.Timeout
            or SwarmCloudFailure.CredentialRejected or SwarmCloudFailure.QuotaExceeded)
        {
            throw;
        }
        catch (SwarmException exception)
        {
            _refusal = exception;
        }

        return $"{address} answers for project '{_instance.Project}'";
    }

    private string CheckPermission()
        => _refusal is SwarmCloudException { Failure: SwarmCloudFailure.PermissionDenied } ? throw _refusal : $"granted in project '{_instance.Project}'";

    private async Task<string> CheckInstanceAsync(CancellationToken cancellationToken)
    {
        if (_refusal is not null) throw _refusal;
        using var api = _access.CreateClient();
        // Who may connect may not always look at the instance; then the address tells.
        var state = await _access.Connector.FindStateAsync(api, _instance, cancellationToken).ConfigureAwait(false);
        return state is null or "RUNNABLE" ? $"{_instance}{(state is null ? "" : $", {state}")}" : throw Errors.InstanceNotRunning(_instance, state);
    }

    private string CheckAddress()
    {
        _address = _info!.GetAddress(database.AddressType ?? CloudSqlAddressType.Auto);
        var kind = _address == _info.PublicAddress ? "public" : _address == _info.PrivateAddress ? "private" : "private service connection";
        return string.Create(CultureInfo.InvariantCulture, $"{_address}:{_access.Connector.Port} ({kind})");
    }

    private async Task<string> CheckTcpAsync(CancellationToken cancellationToken)
    {
        using var limit = Limit(cancellationToken);
        using var socket = await ConnectAsync(limit.Token, cancellationToken).ConfigureAwait(false);
        return "connected";
    }

    private async Task<string> CheckTlsAsync(CancellationToken cancellationToken)
    {
        using var limit = Limit(cancellationToken);
        try
        {
            var socket = await ConnectAsync(limit.Token, cancellationToken).ConfigureAwait(false);
            var stream = await InstanceDialer.SecureAsync(
                _info!, socket, _address, _access.Connector.Port, database.ConnectTimeout, limit.Token, cancellationToken).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false)) return stream.SslProtocol == System.Security.Authentication.SslProtocols.Tls13 ? "TLS 1.3" : $"{stream.SslProtocol}";
        }
        catch (SwarmDatabaseException exception) when (exception.ErrorId is nameof(Errors.InstanceCertificateRefused) or nameof(Errors.InstanceNameWrong)
            or nameof(Errors.InstanceAuthorityUnknown) or nameof(Errors.InstanceCertificateExpired))
        {
            // TLS was agreed on, as far as that.
            _refusal = exception;
            return "TLS 1.3";
        }
    }

    private string CheckCertificate()
        => _refusal is not null ? throw _refusal
            : string.Create(CultureInfo.InvariantCulture, $"the instance's; the client's own is valid until {_info!.Expiry.UtcDateTime:yyyy-MM-dd HH:mm} UTC");

    private async Task<string> CheckSecretAsync(CancellationToken cancellationToken)
    {
        using var api = _access.CreateClient();
        await _access.Connector.ReadSecretAsync(database, api, cancellationToken).ConfigureAwait(false);
        return $"'{database.PasswordSecret}' was read";
    }

    private Task<Socket> ConnectAsync(CancellationToken limit, CancellationToken cancellationToken)
        => InstanceDialer.ConnectAsync(_info!, _address, _access.Connector.Port, database.ConnectTimeout, limit, cancellationToken);

    private CancellationTokenSource Limit(CancellationToken cancellationToken)
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(database.ConnectTimeout);
        return limit;
    }
}
