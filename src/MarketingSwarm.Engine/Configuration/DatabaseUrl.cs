using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using MarketingSwarm.Engine.GoogleCloud.Connector;

namespace MarketingSwarm.Engine.Configuration;

/// <summary>
///   A database's URL taken apart as SQLAlchemy's make_url does it (https://docs.sqlalchemy.org/en/20/core/engines.html#database-urls): a
///   plus sign stays one in a password, and a password may hold '/', '?', '#' and '@' as they are, as long as only one reading is possible.
/// </summary>
internal sealed partial class DatabaseUrl
{
    private DatabaseUrl(Setting source, string dialect, string? driver)
    {
        Source = source;
        Dialect = dialect;
        Driver = driver;
    }

    /// <summary>The text and where it came from.</summary>
    internal Setting Source { get; }

    /// <summary>The URL for a message, the password masked, with its origin where it was not given by name.</summary>
    internal string Shown => Show(Source);

    /// <summary>The scheme before its plus sign, in lower case: <c>sqlite</c>, <c>postgresql</c>, <c>postgres</c> or <c>cloudsql</c>.</summary>
    internal string Dialect { get; }

    /// <summary>The scheme after its plus sign: <c>asyncpg</c>.</summary>
    internal string? Driver { get; }

    internal string? User { get; private init; }

    internal string? Password { get; private init; }

    /// <summary>The host, or an instance's connection name.</summary>
    internal string? Host { get; private init; }

    internal int? Port { get; private init; }

    /// <summary>What stands after the host's slash: a server's database, decoded, or SQLite's file as it is written. Empty where nothing does.</summary>
    internal string Database { get; private init; } = "";

    /// <summary>The parameters after the question mark, decoded, each once.</summary>
    internal IReadOnlyDictionary<string, string> Parameters { get; private init; } = new Dictionary<string, string>();

    /// <summary>Whether a name is meant as a URL, a wrongly written one included.</summary>
    internal static bool IsUrl(string name) => UrlStart().IsMatch(name);

    /// <summary>A URL or another name for a message.</summary>
    internal static string Show(Setting source)
        => $"'{DatabaseReference.MaskPassword(source.Value)}'" + (source.Origin == GivenByName ? "" : $" ({source.Origin})");

    /// <summary>The origin of what the user gave the cmdlet.</summary>
    internal const string GivenByName = "URL";

    /// <summary>Takes a URL apart.</summary>
    /// <exception cref="SwarmConfigurationException">It is not a URL of a database known here, or can be read in two ways.</exception>
    internal static DatabaseUrl Parse(Setting source)
    {
        var text = source.Value.Trim(' ');
        RefuseControlCharacters(text, Show(source));
        if (UrlScheme().Match(text) is not { Success: true } match) throw Errors.UrlMalformed(Show(source));

        var rest = text[match.Length..];
        var dialect = match.Groups["dialect"].Value.ToLowerInvariant();
        var driver = match.Groups["driver"] is { Success: true } group ? group.Value.ToLowerInvariant() : null;
        return dialect switch
        {
            "sqlite" => ParseFile(source, dialect, driver, rest),
            "postgresql" or "postgres" => ParseServer(source, dialect, driver, rest),
            "cloudsql" when driver is null => ParseInstance(source, dialect, rest),
            "cloudsql" => throw Errors.UrlSchemeUnknown(Show(source), $"{dialect}+{driver}"),
            _ => throw Errors.UrlSchemeUnknown(Show(source), dialect),
        };
    }

    /// <summary>Parses the text after a question mark.</summary>
    internal static IReadOnlyDictionary<string, string> ParseParameters(string? query, string shown)
    {
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in (query ?? "").Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            var name = Decode(equals < 0 ? part : part[..equals], plusIsSpace: true, shown);
            // A name that is none may be the end of a password with a question mark in it: it is not repeated.
            if (!ParameterName().IsMatch(name)) throw Errors.UrlParametersMalformed(shown);
            var value = equals < 0 ? "" : Decode(part[(equals + 1)..], plusIsSpace: true, shown);
            if (value.Length == 0) throw Errors.UrlParameterWithoutValue(shown, name);
            if (name == "host" && parameters.ContainsKey(name)) throw Errors.UrlSeveralHosts(shown);
            if (!parameters.TryAdd(name, value)) throw Errors.UrlParameterRepeated(shown, name);
        }

        return parameters;
    }

    /// <summary>A port's number.</summary>
    internal static int ParsePort(string text, string shown)
        => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= 65535
            ? port
            : throw Errors.UrlPortInvalid(shown, text);

    /// <summary>A time of seconds.</summary>
    internal static TimeSpan ParseTimeout(string name, string value, string shown)
        => double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and <= 1024
            ? TimeSpan.FromSeconds(seconds)
            : throw Errors.UrlParameterInvalid(shown, name, value, "seconds, more than 0 and at most 1024");

    // SQLite has no host: all that stands between the third slash and the question mark is the path, taken as it is.
    private static DatabaseUrl ParseFile(Setting source, string dialect, string? driver, string rest)
    {
        var (path, query) = SplitQuery(rest);
        if (path.Length > 0 && path[0] != '/') throw Errors.SqliteUrlHasHost(Show(source), path);
        return new DatabaseUrl(source, dialect, driver)
        {
            Database = path.Length > 0 ? path[1..] : "",
            Parameters = ParseParameters(query, Show(source)),
        };
    }

    private static DatabaseUrl ParseServer(Setting source, string dialect, string? driver, string rest)
    {
        var shown = Show(source);
        var at = FindUserInfoEnd(rest, shown);
        var afterUser = rest[(at + 1)..];
        var (address, query) = SplitQuery(afterUser);
        var slash = address.IndexOf('/', StringComparison.Ordinal);
        var database = slash < 0 ? "" : address[(slash + 1)..];
        if (database.Contains('@', StringComparison.Ordinal)) throw Errors.UrlAmbiguous(shown);
        if (database.Contains('/', StringComparison.Ordinal)) throw Errors.UrlDatabaseHasSlash(shown);
        var (host, port) = ParseHost(slash < 0 ? address : address[..slash], shown);

        var (user, password) = at < 0 ? (null, null) : ParseLogin(rest[..at], shown);
        database = Decode(database, plusIsSpace: false, shown);
        foreach (var part in new[] { user, host, database }) RefuseControlCharacters(part ?? "", shown);
        return new DatabaseUrl(source, dialect, driver)
        {
            User = user is { Length: > 0 } ? user : null,
            Password = password is { Length: > 0 } ? password : null,
            Host = host,
            Port = port,
            Database = database,
            Parameters = ParseParameters(query, shown),
        };
    }

    // A connection name has none of '@', '/' and '?': the last at-sign before the first of the others ends user and password.
    private static DatabaseUrl ParseInstance(Setting source, string dialect, string rest)
    {
        var shown = Show(source);
        var (address, query) = SplitQuery(rest);
        var slash = address.IndexOf('/', StringComparison.Ordinal);
        var database = slash < 0 ? "" : address[(slash + 1)..];
        if (database.Contains('@', StringComparison.Ordinal)) throw Errors.UrlAmbiguous(shown);
        if (database.Contains('/', StringComparison.Ordinal)) throw Errors.UrlDatabaseHasSlash(shown);
        var authority = slash < 0 ? address : address[..slash];
        var at = authority.LastIndexOf('@');
        var (user, password) = at < 0 ? (null, null) : ParseLogin(authority[..at], shown);
        var instance = Decode(authority[(at + 1)..], plusIsSpace: false, shown);
        // What is no connection name may be a password with a slash or a question mark in it.
        if (!InstanceName.TryParse(instance, out _)) throw rest.Contains('@', StringComparison.Ordinal) && at < 0 ? Errors.UrlAmbiguous(shown) : Errors.UrlInstanceInvalid(shown);

        database = Decode(database, plusIsSpace: false, shown);
        foreach (var part in new[] { user, database }) RefuseControlCharacters(part ?? "", shown);
        return new DatabaseUrl(source, dialect, driver: null)
        {
            User = user is { Length: > 0 } ? user : null,
            Password = password is { Length: > 0 } ? password : null,
            Host = instance,
            Database = database,
            Parameters = ParseParameters(query, shown),
        };
    }

    private static (string User, string? Password) ParseLogin(string text, string shown)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return (
            Decode(colon < 0 ? text : text[..colon], plusIsSpace: false, shown),
            colon < 0 ? null : Decode(text[(colon + 1)..], plusIsSpace: false, shown));
    }

    // The index of the at-sign that ends user and password, or -1.
    private static int FindUserInfoEnd(string rest, string shown)
    {
        var authority = AuthorityLength(rest, 0);
        var at = rest.LastIndexOf('@', Math.Max(authority - 1, 0), authority);
        if (at >= 0) return at;

        var colon = rest.IndexOf(':', 0, authority);
        if (colon < 0 || rest[0] == '[' || !rest.Contains('@', StringComparison.Ordinal)) return -1;

        // 'host:5432/…@…' may be a host and a port, or a user and a password.
        if (rest.AsSpan(colon + 1, authority - colon - 1).IndexOfAnyExceptInRange('0', '9') < 0) throw Errors.UrlAmbiguous(shown);
        at = rest.IndexOf('@', StringComparison.Ordinal);
        var hostLength = AuthorityLength(rest, at + 1);
        return rest.LastIndexOf('@', at + hostLength, hostLength + 1);
    }

    private static int AuthorityLength(string text, int start)
    {
        var end = text.AsSpan(start).IndexOfAny('/', '?');
        return end < 0 ? text.Length - start : end;
    }

    private static (string? Host, int? Port) ParseHost(string text, string shown)
    {
        if (text.Length == 0) return (null, null);
        if (text.Contains(',', StringComparison.Ordinal)) throw Errors.UrlSeveralHosts(shown);
        string host, port;
        if (text[0] == '[')
        {
            var end = text.IndexOf(']', StringComparison.Ordinal);
            host = end < 0 ? "" : text[1..end];
            if (!IsIPv6(host) || (text.Length > end + 1 && text[end + 1] != ':')) throw Errors.UrlHostInvalid(shown);
            port = end + 2 < text.Length ? text[(end + 2)..] : "";
        }
        else
        {
            if (IsIPv6(text)) throw Errors.UrlHostWithoutBrackets(shown);
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            host = Decode(colon < 0 ? text : text[..colon], plusIsSpace: false, shown);
            port = colon < 0 ? "" : text[(colon + 1)..];
        }

        return (host.Length == 0 ? null : host, port.Length == 0 ? null : ParsePort(port, shown));
    }

    private static bool IsIPv6(string text)
        => IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6 && text.Contains(':', StringComparison.Ordinal);

    private static (string Text, string? Query) SplitQuery(string text)
    {
        var question = text.IndexOf('?', StringComparison.Ordinal);
        return question < 0 ? (text, null) : (text[..question], text[(question + 1)..]);
    }

    // As Python's urllib does it: a percent sign without two hexadecimal digits stays as it is.
    private static string Decode(string text, bool plusIsSpace, string shown)
    {
        if (!text.AsSpan().ContainsAny('%', '+')) return text;
        try
        {
            var strict = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
            var source = strict.GetBytes(text);
            var target = new List<byte>(source.Length);
            for (var i = 0; i < source.Length; i++)
            {
                if (source[i] == '%' && i + 2 < source.Length && char.IsAsciiHexDigit((char)source[i + 1]) && char.IsAsciiHexDigit((char)source[i + 2]))
                {
                    target.Add((byte)((HexValue(source[i + 1]) << 4) | HexValue(source[i + 2])));
                    i += 2;
                }
                else
                {
                    target.Add(source[i] == '+' && plusIsSpace ? (byte)' ' : source[i]);
                }
            }

            var decoded = strict.GetString([.. target]);
            return decoded.Contains('\0', StringComparison.Ordinal) ? throw Errors.NameHasControlCharacter(shown) : decoded;
        }
        catch (ArgumentException exception) when (exception is DecoderFallbackException or EncoderFallbackException)
        {
            throw Errors.UrlNotUtf8(shown);
        }
    }

    private static int HexValue(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    private static void RefuseControlCharacters(string text, string shown)
    {
        if (text.Any(char.IsControl)) throw Errors.NameHasControlCharacter(shown);
    }

    // A drive's one letter is no scheme; a database's own schemes are meant as such even where the slashes are wrong.
    [GeneratedRegex(@"^\s*([a-z][\w+.-]+://|(sqlite|postgres|postgresql|cloudsql)(\+\w*)?:|file:)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex UrlStart();

    [GeneratedRegex(@"^(?<dialect>[a-z][\w.-]*)(\+(?<driver>[\w.+-]*))?://", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex UrlScheme();

    [GeneratedRegex(@"^\w+\z", RegexOptions.CultureInvariant)]
    private static partial Regex ParameterName();
}
