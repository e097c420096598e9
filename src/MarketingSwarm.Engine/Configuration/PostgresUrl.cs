using System.Globalization;
using MarketingSwarm.Engine.GoogleCloud.Connector;

namespace MarketingSwarm.Engine.Configuration;

/// <summary>What a URL says about a PostgreSQL database, in the words of libpq, asyncpg and SQLAlchemy.</summary>
internal static class PostgresUrl
{
    internal static readonly string[] Drivers = ["asyncpg", "psycopg", "psycopg_async", "psycopg2", "psycopg2cffi", "pg8000"];

    private static readonly string[] Used =
    [
        "host", "port", "user", "password", "dbname", "database", "sslmode", "ssl", "sslrootcert", "sslcert", "sslkey", "sslpassword",
        "connect_timeout", "timeout", "options", "passfile", "passwordSecret",
    ];

    // They tune a driver or name a session; no row, no right and no protection depends on them.
    internal static readonly string[] Ignored =
    [
        "application_name", "fallback_application_name", "client_encoding", "command_timeout", "gssencmode", "krbsrvname",
        "keepalives", "keepalives_count", "keepalives_idle", "keepalives_interval", "tcp_user_timeout",
        "sslcompression", "sslsni", "target_session_attrs", "load_balance_hosts",
        "prepare_threshold", "prepared_statement_cache_size", "prepared_statement_name_func", "statement_cache_size",
        "max_cached_statement_lifetime", "max_cacheable_statement_size", "async_fallback", "tcp_keepalive",
    ];

    internal static SwarmDatabase Resolve(DatabaseUrl url, bool isImplied, EnvironmentSettings? environment, ResolutionContext context)
    {
        if (url.Driver is not null && !Drivers.Contains(url.Driver)) throw Errors.UrlDriverUnknown(url.Shown, url.Driver, "PostgreSQL", Drivers);
        var origin = url.Source.Origin;
        var settings = new PostgresSettings(url.Source, url.Shown)
        {
            Host = Make(url.Host),
            Port = Make(url.Port?.ToString(CultureInfo.InvariantCulture)),
            Database = Make(url.Database),
            User = Make(url.User),
            Password = Make(url.Password),
            Environment = environment,
        };
        var ignored = new List<string>();
        foreach (var (name, value) in url.Parameters)
        {
            // A password may be of any characters, a name may not.
            if (name is not ("password" or "sslpassword") && value.Any(char.IsControl)) throw Errors.NameHasControlCharacter(url.Shown);
            switch (name)
            {
                case "host":
                    SetHost(value);
                    break;
                case "port":
                    if (value.Contains(',', StringComparison.Ordinal)) throw Errors.UrlSeveralHosts(url.Shown);
                    settings.Port = Make(DatabaseUrl.ParsePort(value, url.Shown).ToString(CultureInfo.InvariantCulture));
                    break;
                case "user":
                    settings.User = Make(value);
                    break;
                case "password":
                    settings.Password = Make(value);
                    break;
                case "dbname" or "database":
                    settings.Database = Make(value);
                    break;
                case "sslmode" or "ssl":
                    SetTls(name, value);
                    break;
                case "sslrootcert":
                    // libpq 16's word for the authorities that the machine trusts, and these are the default here.
                    if (value != "system") settings.TlsRootCertificate = FindFile(name, value);
                    break;
                case "sslcert":
                    settings.TlsCertificate = FindFile(name, value);
                    break;
                case "sslkey":
                    settings.TlsKey = FindFile(name, value);
                    break;
                case "sslpassword":
                    settings.TlsKeyPassword = value;
                    break;
                case "connect_timeout" or "timeout":
                    settings.ConnectTimeout = DatabaseUrl.ParseTimeout(name, value, url.Shown);
                    break;
                case "options":
                    settings.ServerOptions = value;
                    break;
                case "passfile":
                    settings.PassFile = value;
                    break;
                case "passwordSecret":
                    settings.PasswordSecret = SecretVersionName.Parse(value, url.Shown) is not null ? Make(value) : null;
                    break;
                default:
                    if (!Ignored.Contains(name)) throw Errors.UrlParameterUnknown(url.Shown, name, [.. Used, .. Ignored]);
                    ignored.Add(name);
                    break;
            }
        }

        settings.Ignored = ignored;
        return settings.Complete(isImplied, context);

        Setting? Make(string? value) => value is { Length: > 0 } ? new Setting(value, origin) : null;

        // SQLAlchemy also takes host=name:port.
        void SetHost(string value)
        {
            if (value.Contains(',', StringComparison.Ordinal)) throw Errors.UrlSeveralHosts(url.Shown);
            var colon = value.LastIndexOf(':');
            if (value[0] is '/' or '@' || colon < 0 || value.IndexOf(':', StringComparison.Ordinal) != colon)
            {
                settings.Host = Make(value.Trim('[', ']'));
                return;
            }

            settings.Host = Make(value[..colon]) ?? throw Errors.UrlHostInvalid(url.Shown);
            settings.Port = Make(DatabaseUrl.ParsePort(value[(colon + 1)..], url.Shown).ToString(CultureInfo.InvariantCulture));
        }

        void SetTls(string name, string value)
        {
            var mode = value.Replace('_', '-') switch
            {
                "disable" => TlsMode.Disable,
                "allow" => TlsMode.Allow,
                "prefer" => TlsMode.Prefer,
                "require" => TlsMode.Require,
                "verify-ca" => TlsMode.VerifyCA,
                "verify-full" => TlsMode.VerifyFull,
                "true" or "True" or "1" or "on" when name == "ssl" => TlsMode.VerifyFull,
                "false" or "False" or "0" or "off" when name == "ssl" => TlsMode.Disable,
                _ => throw Errors.UrlParameterInvalid(
                    url.Shown, name, value, (name == "ssl" ? "true, false, " : "") + "disable, allow, prefer, require, verify-ca or verify-full"),
            };
            if (settings.Tls is { } other && other.Value != mode.ToString()) throw Errors.UrlTlsContradicts(url.Shown);
            settings.Tls = new Setting(mode.ToString(), origin);
        }

        string FindFile(string name, string value)
        {
            var path = context.ResolvePath(value);
            return File.Exists(path) ? path : throw Errors.TlsFileNotFound(url.Shown, name, path);
        }
    }
}
