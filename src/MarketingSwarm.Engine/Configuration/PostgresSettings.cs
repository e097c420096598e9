using System.Globalization;
using System.Net;

namespace MarketingSwarm.Engine.Configuration;

/// <summary>What was said about a PostgreSQL database, before the defaults are filled in.</summary>
internal sealed class PostgresSettings(Setting source, string shown)
{
    private const int DefaultPort = 5432;

    internal Setting? Host { get; set; }

    internal Setting? Port { get; set; }

    internal Setting? Database { get; set; }

    internal Setting? User { get; set; }

    internal Setting? Password { get; set; }

    internal Setting? Tls { get; set; }

    internal string? TlsRootCertificate { get; set; }

    internal string? TlsCertificate { get; set; }

    internal string? TlsKey { get; set; }

    internal string? TlsKeyPassword { get; set; }

    internal string? PassFile { get; set; }

    internal string? ServerOptions { get; set; }

    internal TimeSpan? ConnectTimeout { get; set; }

    internal IReadOnlyList<string> Ignored { get; set; } = [];

    /// <summary>The variables that may hold a password for the host, where the environment named it.</summary>
    internal EnvironmentSettings? Environment { get; set; }

    /// <summary>Fills in what was not said as libpq does, and finds the password.</summary>
    internal SwarmDatabase Complete(bool isImplied, ResolutionContext context)
    {
        var warnings = new List<string>(Warnings.ForSetting(source));
        var port = Port ?? new Setting(DefaultPort.ToString(CultureInfo.InvariantCulture), "default");
        var host = Host ?? FindLocalHost(port.Value, context);
        SplitSocketFile(ref host, ref port);
        var portNumber = int.Parse(port.Value, CultureInfo.InvariantCulture);
        var user = context.User is { } given ? new Setting(given, "-Credential")
            : User ?? new Setting(context.LoginName, "default: the operating system's user");
        var database = Database ?? new Setting(user.Value, "default: the user's name");
        var isLocal = IsLocal(host.Value);
        var password = FindPassword(host.Value, portNumber, database.Value, user.Value, isLocal, context, warnings);
        var tls = Tls ?? (isLocal
            ? new Setting(nameof(TlsMode.Prefer), "default on this machine")
            : new Setting(nameof(TlsMode.VerifyFull), "default"));
        var mode = Enum.Parse<TlsMode>(tls.Value);
        var root = TlsRootCertificate;
        // As libpq does: a root certificate that was named is used.
        if (root is not null && mode == TlsMode.Require)
        {
            mode = TlsMode.VerifyCA;
            tls = new Setting(nameof(TlsMode.VerifyCA), $"{tls.Origin}: sslmode=require with sslrootcert checks the certificate");
        }

        if (!isLocal) warnings.AddRange(Warnings.ForTls(shown, host.Value, mode));
        warnings.AddRange(Warnings.ForIgnored(shown, Ignored));
        var used = new[] { Host, Port, Database, User, Password };
        warnings.AddRange(used.SelectMany(Warnings.ForSetting).Where(warning => warning != source.Warning));

        return new SwarmDatabase(DatabaseEngine.PostgreSql)
        {
            Host = host.Value,
            Port = portNumber,
            Database = database.Value,
            User = user.Value,
            Password = password?.Value,
            Tls = mode,
            TlsRootCertificate = root ?? (mode >= TlsMode.VerifyCA ? FindDefaultRootCertificate(context) : null),
            TlsCertificate = TlsCertificate,
            TlsKey = TlsKey,
            TlsKeyPassword = TlsKeyPassword,
            ServerOptions = ServerOptions,
            ConnectTimeout = ConnectTimeout ?? SwarmDatabase.DefaultConnectTimeout,
            IsImplied = isImplied,
            Warnings = warnings,
            Origins =
            [
                new("Engine", nameof(DatabaseEngine.PostgreSql), source.Origin),
                new("Host", host.Value, host.Origin),
                new("Port", port.Value, port.Origin),
                new("Database", database.Value, database.Origin),
                new("User", user.Value, user.Origin),
                new("Password", password is null ? null : SwarmDatabase.MaskedPassword, password?.Origin ?? "none given"),
                new("Tls", mode.ToString(), tls.Origin),
            ],
        };
    }

    /// <summary>Whether a host is this machine: a Unix socket's folder or a loopback address.</summary>
    internal static bool IsLocal(string host)
        => host[0] is '/' or '@'
           || host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
           || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    private static Setting FindLocalHost(string port, ResolutionContext context)
        => PgPass.DefaultSocketFolders.FirstOrDefault(folder => context.SocketExists($"{folder}/.s.PGSQL.{port}")) is { } found
            ? new Setting(found, "default: the local socket")
            : new Setting("localhost", "default");

    // Some drivers take the socket's own path: /var/run/postgresql/.s.PGSQL.5432.
    private static void SplitSocketFile(ref Setting host, ref Setting port)
    {
        const string name = "/.s.PGSQL.";
        var start = host.Value.LastIndexOf(name, StringComparison.Ordinal);
        if (start <= 0 || !int.TryParse(host.Value.AsSpan(start + name.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return;
        port = new Setting(number.ToString(CultureInfo.InvariantCulture), host.Origin);
        host = new Setting(host.Value[..start], host.Origin);
    }

    private Setting? FindPassword(
        string host, int port, string database, string user, bool isLocal, ResolutionContext context, List<string> warnings)
    {
        if (context.User is not null && context.Password is { Length: > 0 } given) return new Setting(given, "-Credential");
        // A password belongs to the user that it was given with.
        if (Password is not null && (context.User is null || context.User == User?.Value)) return Password;
        var password = PgPass.Find(PassFile, host, port, database, user, context, out var warning);
        if (password is null && context.User is null && Environment is not null) password = Environment.FindPassword(isLocal, host, warnings);
        if (password is null && warning is not null) warnings.Add(warning);
        if (password is not null) warnings.AddRange(Warnings.ForSetting(password));
        return password;
    }

    private static string? FindDefaultRootCertificate(ResolutionContext context)
    {
        var path = OperatingSystem.IsWindows()
            ? Path.Combine(System.Environment.GetFolderPath(System.Environment.SpecialFolder.ApplicationData), "postgresql", "root.crt")
            : Path.Combine(context.HomeFolder, ".postgresql", "root.crt");
        return File.Exists(path) ? path : null;
    }
}
