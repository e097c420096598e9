namespace MarketingSwarm.Engine.Configuration;

/// <summary>
///   SQLite's files by URL: SQLAlchemy's <c>sqlite:///…</c> and SQLite's own <c>file:…</c> (https://www.sqlite.org/uri.html), alone or inside the former.
/// </summary>
internal static class SqliteUrl
{
    private static readonly string[] Drivers = ["aiosqlite", "pysqlite"];

    // Parameters of Python's sqlite3 and of the file: syntax that change nothing for who reads the whole table once.
    private static readonly string[] Ignored =
        ["timeout", "isolation_level", "detect_types", "check_same_thread", "cached_statements", "autocommit", "psow"];

    internal static SwarmDatabase Resolve(DatabaseUrl url, bool isImplied, ResolutionContext context)
    {
        if (url.Driver is not null && !Drivers.Contains(url.Driver)) throw Errors.UrlDriverUnknown(url.Shown, url.Driver, "SQLite", Drivers);
        var path = url.Database;
        if (path is "" or ":memory:") throw Errors.SqliteInMemory(url.Shown);

        var isFileUri = path.StartsWith("file:", StringComparison.OrdinalIgnoreCase);
        var saysUri = url.Parameters.TryGetValue("uri", out var uri) && uri.ToLowerInvariant() is "true" or "1" or "yes" or "on";
        if (isFileUri && !saysUri) throw Errors.SqliteUriNotSaid(url.Shown);
        var parameters = url.Parameters.Where(parameter => parameter.Key != "uri");
        return Build(isFileUri ? DecodeFileUri(path, url.Shown) : path, parameters, url.Source, url.Shown, isImplied, context);
    }

    /// <summary>Resolves SQLite's own <c>file:path?mode=ro</c>.</summary>
    internal static SwarmDatabase ResolveFileUri(Setting source, ResolutionContext context)
    {
        var shown = DatabaseUrl.Show(source);
        var text = source.Value.Trim(' ').Split('#')[0];
        var question = text.IndexOf('?', StringComparison.Ordinal);
        var parameters = DatabaseUrl.ParseParameters(question < 0 ? null : text[(question + 1)..], shown);
        return Build(DecodeFileUri(question < 0 ? text : text[..question], shown), parameters, source, shown, isImplied: false, context);
    }

    private static SwarmDatabase Build(
        string path, IEnumerable<KeyValuePair<string, string>> parameters, Setting source, string shown, bool isImplied, ResolutionContext context)
    {
        if (path is "" or ":memory:") throw Errors.SqliteInMemory(shown);
        var isReadOnly = false;
        var ignored = new List<string>();
        foreach (var (name, value) in parameters)
        {
            switch (name)
            {
                case "mode":
                    isReadOnly = value switch
                    {
                        "ro" => true,
                        "rw" or "rwc" => false,
                        "memory" => throw Errors.SqliteInMemory(shown),
                        _ => throw Errors.UrlParameterInvalid(shown, name, value, "ro, rw or rwc"),
                    };
                    break;
                case "cache":
                    if (value is not ("private" or "shared")) throw Errors.UrlParameterInvalid(shown, name, value, "private or shared");
                    ignored.Add(name);
                    break;
                case "immutable":
                    throw Errors.SqliteImmutable(shown);
                case "nolock" or "vfs":
                    throw Errors.SqliteParameterRefused(shown, name);
                default:
                    if (!Ignored.Contains(name)) throw Errors.UrlParameterUnknown(shown, name, ["uri", "mode", "cache", .. Ignored]);
                    ignored.Add(name);
                    break;
            }
        }

        // A path in a URL knows no home folder: the tilde is a name like any other.
        var fullPath = context.ResolvePath(path[0] == '~' ? "./" + path : path);
        return new SwarmDatabase(DatabaseEngine.Sqlite)
        {
            Path = fullPath,
            IsReadOnly = isReadOnly,
            IsImplied = isImplied,
            Origins = [new("Engine", nameof(DatabaseEngine.Sqlite), source.Origin), new("Path", fullPath, source.Origin)],
            Warnings = [.. Warnings.ForSetting(source), .. Warnings.ForIgnored(shown, ignored), .. Warnings.ForCredential(context)],
        };
    }

    // SQLite takes off 'file:', an empty or local authority, and percent signs.
    private static string DecodeFileUri(string text, string shown)
    {
        var path = text["file:".Length..];
        if (path.StartsWith("//", StringComparison.Ordinal))
        {
            var slash = path.IndexOf('/', 2);
            var authority = slash < 0 ? path[2..] : path[2..slash];
            if (slash < 0 || authority is not ("" or "localhost")) throw Errors.UrlMalformed(shown);
            path = path[slash..];
            // file:///C:/app.db names C:/app.db.
            if (path.Length > 2 && char.IsAsciiLetter(path[1]) && path[2] == ':') path = path[1..];
        }

        var decoded = Uri.UnescapeDataString(path);
        return decoded.Any(char.IsControl) ? throw Errors.NameHasControlCharacter(shown) : decoded;
    }
}
