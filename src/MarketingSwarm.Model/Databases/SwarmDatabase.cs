namespace MarketingSwarm;

/// <summary>
///   One database, resolved: where it is, who logs in, and where each part came from. Get-SwarmDatabase makes it, and every cmdlet that
///   names a database takes it. It holds the password without showing it.
/// </summary>
public sealed class SwarmDatabase
{
    /// <summary>What stands for a password wherever one would be shown.</summary>
    internal const string MaskedPassword = "***";

    /// <summary>The application's own database and user, which the migration plan makes on an instance.</summary>
    internal const string DefaultDatabase = "marketing_swarm";

    internal const string DefaultUser = "app_user";

    internal static readonly TimeSpan DefaultConnectTimeout = TimeSpan.FromSeconds(15);

    internal SwarmDatabase(DatabaseEngine engine) => Engine = engine;

    /// <summary>SQLite, PostgreSQL or an archive file.</summary>
    public DatabaseEngine Engine { get; }

    /// <summary>The full path of the SQLite file or the archive; <see langword="null"/> for a server.</summary>
    public string? Path { get; internal init; }

    /// <summary>The server's host name or address, or the folder of its Unix socket; <see langword="null"/> for a file and for an instance reached by its name.</summary>
    public string? Host { get; internal init; }

    /// <summary>The server's TCP port, 1 to 65535; also the number in a Unix socket's name. <see langword="null"/> where there is no <see cref="Host"/>.</summary>
    public int? Port { get; internal init; }

    /// <summary>The database's name on the server; <see langword="null"/> for a file.</summary>
    public string? Database { get; internal init; }

    /// <summary>Who logs in; <see langword="null"/> for a file.</summary>
    public string? User { get; internal init; }

    /// <summary>How the connection is protected; <see langword="null"/> for a file, and for a Cloud SQL instance, whose connections are always encrypted and checked on both sides.</summary>
    public TlsMode? Tls { get; internal init; }

    /// <summary>The Cloud SQL instance, <c>project:region:name</c>, that is reached by its name; <see langword="null"/> for every other database.</summary>
    public string? InstanceConnectionName { get; internal init; }

    /// <summary>Which address of the instance is taken; <see langword="null"/> where there is no <see cref="InstanceConnectionName"/>.</summary>
    public CloudSqlAddressType? AddressType { get; internal init; }

    /// <summary>Whether the user logs in to Cloud SQL by the Google identity in use, without a password: <c>iam=true</c>.</summary>
    public bool IsIamLogin { get; internal init; }

    /// <summary>Whether a password is known. The password itself is shown nowhere.</summary>
    public bool HasPassword => Password is not null;

    /// <summary>Where each part came from, in the order Engine, Path or Host, Port or Instance, AddressType, Database, User, Password, Tls.</summary>
    public IReadOnlyList<SettingOrigin> Origins { get; internal init; } = [];

    /// <summary>Whether the environment alone chose this database. A cmdlet that writes refuses such a one unless it is handed over as an object.</summary>
    public bool IsImplied { get; internal init; }

    /// <summary>The database as a URL that SQLAlchemy, psql and this module understand (<c>cloudsql://</c>: this module alone), the password masked.</summary>
    public string Url => BuildUrl();

    internal string? Password { get; init; }

    /// <summary>The secret in Secret Manager that holds the password, as the URL's <c>passwordSecret</c> names it; it is read when a connection is opened.</summary>
    internal string? PasswordSecret { get; init; }

    /// <summary>By which way the connector reaches the instance.</summary>
    internal ConnectorPath ConnectorPath { get; init; }

    /// <summary>How the engine asks Google Cloud for this database; <see langword="null"/> where it has nothing to ask.</summary>
    internal CloudAccess? Cloud { get; init; }

    /// <summary>File of certificate authorities to trust (<c>sslrootcert</c>), client certificate and its key; paths.</summary>
    internal string? TlsRootCertificate { get; init; }

    internal string? TlsCertificate { get; init; }

    internal string? TlsKey { get; init; }

    /// <summary>The password of an encrypted <see cref="TlsKey"/>.</summary>
    internal string? TlsKeyPassword { get; init; }

    /// <summary>What the server is told at the start of a session: libpq's <c>options</c>, such as <c>-c search_path=app</c>.</summary>
    internal string? ServerOptions { get; init; }

    /// <summary>Whether the name itself says that the SQLite file is not to be written: <c>mode=ro</c>.</summary>
    internal bool IsReadOnly { get; init; }

    /// <summary>How long opening a connection may take; the URL's <c>connect_timeout</c>.</summary>
    internal TimeSpan ConnectTimeout { get; init; } = DefaultConnectTimeout;

    /// <summary>What to tell the user about the choice, such as a TLS mode that checks nothing.</summary>
    internal IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The server for a message: <c>host:port</c>, or the instance's connection name.</summary>
    internal string Server => InstanceConnectionName ?? $"{Host}:{Port}";

    /// <summary>The server for a message, without its port.</summary>
    internal string ServerName => InstanceConnectionName ?? Host!;

    internal bool IsUnixSocket => Host is ['/', ..] or ['@', ..];

    /// <summary>The masked URL.</summary>
    public override string ToString() => Url;

    /// <summary>The same database with another user and password.</summary>
    internal SwarmDatabase WithLogin(string user, string? password, string origin) => Copy(
        user, password, password is null && user == User ? PasswordSecret : null,
        [
            .. Origins.Select(part => part.Setting switch
            {
                nameof(User) => new SettingOrigin(part.Setting, user, origin),
                nameof(Password) => new SettingOrigin(part.Setting, password is null ? null : MaskedPassword, origin),
                _ => part,
            }),
        ]);

    /// <summary>The same database with the password that its secret holds.</summary>
    internal SwarmDatabase WithPassword(string password) => Copy(User, password, PasswordSecret, Origins);

    private SwarmDatabase Copy(string? user, string? password, string? passwordSecret, IReadOnlyList<SettingOrigin> origins) => new(Engine)
    {
        Path = Path,
        Host = Host,
        Port = Port,
        Database = Database,
        User = user,
        Password = password,
        PasswordSecret = passwordSecret,
        InstanceConnectionName = InstanceConnectionName,
        AddressType = AddressType,
        IsIamLogin = IsIamLogin,
        ConnectorPath = ConnectorPath,
        Cloud = Cloud,
        Tls = Tls,
        TlsRootCertificate = TlsRootCertificate,
        TlsCertificate = TlsCertificate,
        TlsKey = TlsKey,
        TlsKeyPassword = TlsKeyPassword,
        ServerOptions = ServerOptions,
        IsReadOnly = IsReadOnly,
        ConnectTimeout = ConnectTimeout,
        IsImplied = IsImplied,
        Warnings = Warnings,
        Origins = origins,
    };

    private string BuildUrl()
    {
        if (Engine == DatabaseEngine.Archive) return Path!;
        if (Engine == DatabaseEngine.Sqlite)
            return IsReadOnly ? $"sqlite:///file:{Escape(Path!)}?mode=ro&uri=true" : "sqlite:///" + Path;
        var user = User is null ? "" : Uri.EscapeDataString(User) + (HasPassword ? $":{MaskedPassword}" : "") + "@";
        var database = Uri.EscapeDataString(Database!);
        var secret = PasswordSecret is null ? "" : "passwordSecret=" + Escape(PasswordSecret);
        if (InstanceConnectionName is not null)
        {
            string[] parameters =
            [
                .. AddressType is CloudSqlAddressType.Public or CloudSqlAddressType.Private ? [$"ipType={(AddressType == CloudSqlAddressType.Public ? "public" : "private")}"] : Array.Empty<string>(),
                .. IsIamLogin ? ["iam=true"] : Array.Empty<string>(),
                .. ConnectorPath == ConnectorPath.Auto ? Array.Empty<string>() : [$"connector={(ConnectorPath == ConnectorPath.Direct ? "direct" : "forwarder")}"],
                .. secret.Length == 0 ? Array.Empty<string>() : [secret],
            ];
            return $"cloudsql://{user}{InstanceConnectionName}/{database}{(parameters.Length == 0 ? "" : "?")}{string.Join('&', parameters)}";
        }

        if (IsUnixSocket) return $"postgresql://{user}/{database}?host={Escape(Host!)}&port={Port}{(secret.Length == 0 ? "" : "&")}{secret}";
        var host = Host!.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host;
        return $"postgresql://{user}{host}:{Port}/{database}{(secret.Length == 0 ? "" : "?")}{secret}";
    }

    // What a path may show as it is in a parameter and in a file: URI is left readable.
    private static string Escape(string path) => Uri.EscapeDataString(path).Replace("%2F", "/", StringComparison.Ordinal).Replace("%3A", ":", StringComparison.Ordinal);
}
