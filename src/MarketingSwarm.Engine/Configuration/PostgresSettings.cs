using System.Globalization;
using System.Net;
using MarketingSwarm.Engine.GoogleCloud.Connector;

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

    /// <summary>The secret that holds the password.</summary>
    internal Setting? PasswordSecret { get; set; }

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
        var secret = FindSecret(context);
        var password = secret is null ? FindPassword(host.Value, portNumber, database.Value, user.Value, isLocal, Environment, context, warnings) : null;
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
            PasswordSecret = secret?.Value,
            Cloud = secret is null ? null : context.CreateCloudAccess(),
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
                DescribePassword(password, secret),
                new("Tls", mode.ToString(), tls.Origin),
            ],
        };
    }

    /// <summary>Fills in what was not said about an instance's database as the application does on Cloud Run, and finds the password.</summary>
    internal SwarmDatabase CompleteInstance(string instance, Setting addressType, bool isIamLogin, ConnectorPath path, bool isImplied, ResolutionContext context)
    {
        var warnings = new List<string>(Warnings.ForSetting(source));
        var user = context.User is { } given ? new Setting(given, "-Credential")
            : User ?? (isIamLogin ? throw Errors.IamUserNotNamed(shown) : new Setting(SwarmDatabase.DefaultUser, "default"));
        if (isIamLogin) user = IamUser.Shorten(user);
        var database = Database ?? new Setting(SwarmDatabase.DefaultDatabase, "default");
        var secret = isIamLogin ? null : FindSecret(context);
        // Who names an instance names no address that a .env of somebody else's could lead to: the process's own password serves it.
        var password = isIamLogin || secret is not null ? null : FindPassword(
            instance, DefaultPort, database.Value, user.Value, isLocal: Environment is null, Environment ?? EnvironmentSettings.OfProcess(context), context, warnings);
        warnings.AddRange(Warnings.ForIgnored(shown, Ignored));
        warnings.AddRange(new[] { Database, User, Password }.SelectMany(Warnings.ForSetting).Where(warning => warning != source.Warning));

        return new SwarmDatabase(DatabaseEngine.PostgreSql)
        {
            InstanceConnectionName = instance,
            AddressType = Enum.Parse<CloudSqlAddressType>(addressType.Value),
            IsIamLogin = isIamLogin,
            ConnectorPath = path,
            Cloud = context.CreateCloudAccess(),
            Database = database.Value,
            User = user.Value,
            Password = password?.Value,
            PasswordSecret = secret?.Value,
            ServerOptions = ServerOptions,
            ConnectTimeout = ConnectTimeout ?? SwarmDatabase.DefaultConnectTimeout,
            IsImplied = isImplied,
            Warnings = warnings,
            Origins =
            [
                new("Engine", nameof(DatabaseEngine.PostgreSql), source.Origin),
                new("Instance", instance, source.Origin),
                new("AddressType", addressType.Value, addressType.Origin),
                new("Database", database.Value, database.Origin),
                new("User", user.Value, user.Origin),
                isIamLogin ? new("Password", null, "none: the Google identity logs in (iam=true)") : DescribePassword(password, secret),
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

    private static SettingOrigin DescribePassword(Setting? password, Setting? secret) => secret is not null
        ? new("Password", SwarmDatabase.MaskedPassword, $"Secret Manager, {secret.Value} ({secret.Origin})")
        : new("Password", password is null ? null : SwarmDatabase.MaskedPassword, password?.Origin ?? "none given");

    // The secret is used where neither -Credential nor the URL gives the password itself; it belongs to the user that it was given with.
    private Setting? FindSecret(ResolutionContext context)
        => Password is null && context.Password is not { Length: > 0 } && (context.User is null || context.User == User?.Value) ? PasswordSecret : null;

    private Setting? FindPassword(
        string host, int port, string database, string user, bool isLocal, EnvironmentSettings? environment, ResolutionContext context, List<string> warnings)
    {
        if (context.User is not null && context.Password is { Length: > 0 } given) return new Setting(given, "-Credential");
        // A password belongs to the user that it was given with.
        if (Password is not null && (context.User is null || context.User == User?.Value)) return Password;
        var password = PgPass.Find(PassFile, host, port, database, user, context, out var warning);
        if (password is null && context.User is null && environment is not null) password = environment.FindPassword(isLocal, host, warnings);
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
