using System.Text.RegularExpressions;

namespace MarketingSwarm;

/// <summary>
///   How a user names a database: the path of a SQLite file or an archive, a URL, or an object that Get-SwarmDatabase gave. PowerShell
///   converts any of them to this type; it is resolved when the cmdlet runs, since only then the current location is known.
/// </summary>
public sealed partial class DatabaseReference
{
    /// <summary>Names a database by a path or a URL.</summary>
    /// <param name="name">
    ///   A path, relative to PowerShell's current location, or <c>sqlite:///…</c>, <c>postgresql://…</c> and SQLAlchemy's spellings of both, or <c>cloudsql://project:region:instance/database</c>.
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

    /// <summary>Names the application's database, <c>marketing_swarm</c>, of a Cloud SQL instance.</summary>
    /// <exception cref="ArgumentException">The instance's region is not known yet.</exception>
    public DatabaseReference(CloudSqlInstance instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        var name = instance.ConnectionName ?? (instance.Region is null ? null : $"{instance.Project}:{instance.Region}:{instance.Name}");
        Name = name is null
            ? throw new ArgumentException($"The instance '{instance}' has no connection name yet: its state is {instance.State}.", nameof(instance))
            : $"cloudsql://{name}/{SwarmDatabase.DefaultDatabase}";
    }

    internal string? Name { get; }

    internal SwarmDatabase? Database { get; }

    /// <summary>The name with a URL's password masked.</summary>
    public override string ToString() => Database?.ToString() ?? MaskPassword(Name!);

    /// <summary>
    ///   Masks all that is or may be a password: what stands between the user's colon and the last at-sign, a text that is no number in the
    ///   port's place, and the values of parameters named like secrets. Where a URL is written wrongly, more is masked rather than less.
    /// </summary>
    internal static string MaskPassword(string name)
    {
        var scheme = SchemeStart().Match(name);
        if (!scheme.Success) return KeywordSecret().Replace(name, SwarmDatabase.MaskedPassword);

        // A connection name has colons of its own; where it stands as it should, only what is before it can hold a password.
        if (InstanceUrl().Match(name) is { Success: true } instance)
        {
            var login = instance.Groups["login"].Value;
            var end = login.IndexOf(':', StringComparison.Ordinal);
            if (end >= 0) login = $"{login[..end]}:{SwarmDatabase.MaskedPassword}@";
            return instance.Groups["scheme"].Value + login + instance.Groups["name"].Value
                + ParameterSecret().Replace(name[instance.Length..], SwarmDatabase.MaskedPassword);
        }

        var masked = name;
        var start = scheme.Length;
        var at = name.LastIndexOf('@');
        if (at >= start)
        {
            var colon = name.IndexOf(':', start, at - start);
            if (colon >= 0) masked = string.Concat(name.AsSpan(0, colon + 1), SwarmDatabase.MaskedPassword, name.AsSpan(at));
        }

        return ParameterSecret().Replace(PortPlace().Replace(masked, SwarmDatabase.MaskedPassword), SwarmDatabase.MaskedPassword);
    }

    // A path, a drive's among them, has no scheme; a SQLite file's URL has no user.
    [GeneratedRegex(@"^\s*(?!(sqlite(\+\w*)?:///|file:))[a-z][\w+.-]+:/{0,2}", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex SchemeStart();

    // An at-sign after the name's place would be a password's, but for that of a user's e-mail address.
    [GeneratedRegex(@"^(?<scheme>\s*cloudsql://)(?<login>[^/?]*@)?(?<name>[\w.-]+(:[\w.-]+){2,3})(?=(/[^?@]*)?(\?(user=[^&]*|\w+=[^&@]*)(&(user=[^&]*|\w+=[^&@]*))*)?\z)", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex InstanceUrl();

    // After the host's colon all but digits, unless it is masked already; an IPv6 address's own colons stand in brackets.
    [GeneratedRegex(@"(?<=^\s*[a-z][\w+.-]+:/{0,2}([^:/?\[]*(:\*\*\*)?@)?(\[[^\]]*\]|[^:/?\[]*):)(?!\*\*\*@)(?!\d*([/?]|\z)).+\z", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex PortPlace();

    [GeneratedRegex(@"(?<=[?&][^=&]*(pass|pwd|secret|token|%)[^=&]*=)[^&]*", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex ParameterSecret();

    // libpq's and .NET's keywords: password=… and Password=…;
    [GeneratedRegex(@"(?<=(pass|pwd|secret|token)\w*\s*=\s*)[^\s;][^;]*", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex KeywordSecret();
}
