namespace MarketingSwarm;

/// <summary>
///   How a user names a database: the path of a SQLite file or an archive, a URL, or an object that Get-SwarmDatabase gave. PowerShell
///   converts any of them to this type; it is resolved when the cmdlet runs, since only then the current location is known.
/// </summary>
public sealed class DatabaseReference
{
    /// <summary>Names a database by a path or a URL.</summary>
    /// <param name="name">
    ///   A path, relative to PowerShell's current location, or <c>sqlite:///…</c>, <c>postgresql://…</c> and SQLAlchemy's spellings of both.
    /// </param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public DatabaseReference(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Name = name;
    }

    /// <summary>Names a database by a resolved one.</summary>
    public DatabaseReference(SwarmDatabase database)
    {
        ArgumentNullException.ThrowIfNull(database);
        Database = database;
    }

    /// <summary>Names a database by its URL.</summary>
    public DatabaseReference(Uri url)
        : this((url ?? throw new ArgumentNullException(nameof(url))).OriginalString)
    {
    }

    /// <summary>Names a SQLite file or an archive.</summary>
    public DatabaseReference(FileInfo file)
        : this((file ?? throw new ArgumentNullException(nameof(file))).FullName)
    {
    }

    internal string? Name { get; }

    internal SwarmDatabase? Database { get; }

    /// <summary>The name with a URL's password masked.</summary>
    public override string ToString() => Database?.ToString() ?? MaskPassword(Name!);

    /// <summary>Masks what stands between the user's colon and the last at-sign before the path, and the values of password parameters.</summary>
    internal static string MaskPassword(string name)
    {
        var scheme = name.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0) return name;
        var start = scheme + 3;
        var pathStart = name.IndexOfAny(['/', '?', '#'], start);
        var authorityEnd = pathStart < 0 ? name.Length : pathStart;
        // A password that was not percent-encoded may itself hold '/', '?' or '#': then the last at-sign of all decides.
        var at = name.LastIndexOf('@');
        if (at < 0 || (at > authorityEnd && name.IndexOf('@', start) < authorityEnd)) at = name.LastIndexOf('@', Math.Max(authorityEnd - 1, 0));
        var masked = name;
        if (at > start)
        {
            var colon = name.IndexOf(':', start, at - start);
            if (colon >= 0) masked = string.Concat(name.AsSpan(0, colon + 1), "***", name.AsSpan(at));
        }

        return System.Text.RegularExpressions.Regex.Replace(masked, @"(?<=[?&](password|sslpassword)=)[^&#]*", "***", System.Text.RegularExpressions.RegexOptions.IgnoreCase | System.Text.RegularExpressions.RegexOptions.CultureInvariant);
    }
}
