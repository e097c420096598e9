namespace MarketingSwarm;

/// <summary>
///   One database, resolved: where it is, who logs in, and where each part came from. Get-SwarmDatabase makes it, and every cmdlet that
///   names a database takes it. It holds the password without showing it.
/// </summary>
public sealed class SwarmDatabase
{
    internal SwarmDatabase(DatabaseEngine engine) => Engine = engine;

    /// <summary>SQLite, PostgreSQL or an archive file.</summary>
    public DatabaseEngine Engine { get; }

    /// <summary>The full path of the SQLite file or the archive; <see langword="null"/> for a server.</summary>
    public string? Path { get; internal init; }

    /// <summary>The server's host name or address, or the folder of its Unix socket; <see langword="null"/> for a file.</summary>
    public string? Host { get; internal init; }

    /// <summary>The server's TCP port, 1 to 65535; also the number in a Unix socket's name. <see langword="null"/> for a file.</summary>
    public int? Port { get; internal init; }

    /// <summary>The database's name on the server; <see langword="null"/> for a file.</summary>
    public string? Database { get; internal init; }

    /// <summary>Who logs in; <see langword="null"/> for a file.</summary>
    public string? User { get; internal init; }

    /// <summary>How the connection is protected; <see langword="null"/> for a file.</summary>
    public TlsMode? Tls { get; internal init; }

    /// <summary>Whether a password is known. The password itself is shown nowhere.</summary>
    public bool HasPassword => Password is not null;

    /// <summary>Where each part came from, in the order Engine, Path or Host, Port, Database, User, Password, Tls.</summary>
    public IReadOnlyList<SettingOrigin> Origins { get; internal init; } = [];

    /// <summary>Whether the environment alone chose this database. A cmdlet that writes refuses such a one unless it is handed over as an object.</summary>
    public bool IsImplied { get; internal init; }

    /// <summary>The database as a URL that SQLAlchemy, psql and this module understand, the password masked.</summary>
    public string Url => BuildUrl();

    internal string? Password { get; init; }

    /// <summary>File of certificate authorities to trust (<c>sslrootcert</c>), client certificate and its key; paths.</summary>
    internal string? TlsRootCertificate { get; init; }

    internal string? TlsCertificate { get; init; }

    internal string? TlsKey { get; init; }

    /// <summary>How long opening a connection may take; the URL's <c>connect_timeout</c>.</summary>
    internal TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>What to tell the user about the choice, such as a TLS mode that checks nothing.</summary>
    internal IReadOnlyList<string> Warnings { get; init; } = [];

    internal bool IsUnixSocket => Host is ['/', ..] or ['@', ..];

    /// <summary>The masked URL.</summary>
    public override string ToString() => Url;

    private string BuildUrl()
    {
        if (Engine != DatabaseEngine.PostgreSql)
            return Engine == DatabaseEngine.Sqlite ? "sqlite:///" + Path : Path!;
        var user = User is null ? "" : Uri.EscapeDataString(User) + (HasPassword ? ":***" : "") + "@";
        var database = Uri.EscapeDataString(Database!);
        if (IsUnixSocket) return $"postgresql://{user}/{database}?host={Host}&port={Port}";
        var host = Host!.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host;
        return $"postgresql://{user}{host}:{Port}/{database}";
    }
}
