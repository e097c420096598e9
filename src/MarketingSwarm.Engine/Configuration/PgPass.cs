using System.Globalization;
using System.Text;

namespace MarketingSwarm.Engine.Configuration;

/// <summary>
///   libpq's password file (https://www.postgresql.org/docs/15/libpq-pgpass.html): lines of <c>host:port:database:user:password</c>, where
///   <c>*</c> matches anything and a backslash escapes a colon or a backslash.
/// </summary>
internal static class PgPass
{
    /// <summary>The folders where PostgreSQL's builds put the socket by default; the file calls them <c>localhost</c>.</summary>
    internal static readonly string[] DefaultSocketFolders = ["/var/run/postgresql", "/run/postgresql", "/tmp"];

    private const UnixFileMode ForOthers =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>
    ///   Looks for a password. A file that others can read is not used, as libpq does not use it; <paramref name="warning"/> says so.
    /// </summary>
    /// <param name="passFile">The file that the URL names, or <see langword="null"/>: then PGPASSFILE, or the one in the home folder.</param>
    /// <param name="host">The host as it was given, a socket's folder included.</param>
    /// <param name="port">The port.</param>
    /// <param name="database">The database's name.</param>
    /// <param name="user">Who logs in.</param>
    /// <param name="context">Gives the home folder and the environment.</param>
    /// <param name="warning">Why the file was not used, where it was not.</param>
    internal static Setting? Find(
        string? passFile, string host, int port, string database, string user, ResolutionContext context, out string? warning)
    {
        warning = null;
        var (path, shown) = Locate(passFile, context);
        try
        {
            if (!File.Exists(path)) return null;
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ForOthers) != 0)
            {
                warning = $"The password file {path} was not used: others than its owner have access. Set its mode to 0600.";
                return null;
            }

            var lookedFor = DefaultSocketFolders.Contains(host) ? "localhost" : host;
            foreach (var line in File.ReadLines(path))
            {
                if (line.StartsWith('#')) continue;
                if (Match(line, lookedFor, port.ToString(CultureInfo.InvariantCulture), database, user) is { } password)
                    return password.Length == 0 ? null : new Setting(password, shown);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            warning = $"The password file {path} was not used: {exception.Message}";
        }

        return null;
    }

    private static (string Path, string Shown) Locate(string? passFile, ResolutionContext context)
    {
        if (passFile is not null) return (context.ResolvePath(passFile), passFile);
        if (context.FindVariable("PGPASSFILE") is { } variable) return (context.ResolvePath(variable), $"{variable} (environment variable PGPASSFILE)");
        if (!OperatingSystem.IsWindows()) return (Path.Combine(context.HomeFolder, ".pgpass"), "~/.pgpass");
        var path = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData), "postgresql", "pgpass.conf");
        return (path, path);
    }

    // The password of a line whose first four fields match.
    private static string? Match(string line, params ReadOnlySpan<string> wanted)
    {
        var rest = line.AsSpan();
        foreach (var want in wanted)
        {
            var field = ReadField(ref rest, out var isAny, out var isLast);
            if (isLast || (!isAny && field != want)) return null;
        }

        return ReadField(ref rest, out _, out _);
    }

    private static string ReadField(ref ReadOnlySpan<char> rest, out bool isAny, out bool isLast)
    {
        var field = new StringBuilder();
        var position = 0;
        for (; position < rest.Length && rest[position] != ':'; position++)
        {
            if (rest[position] == '\\' && position + 1 < rest.Length) position++;
            field.Append(rest[position]);
        }

        isAny = rest[..position] is "*";
        isLast = position == rest.Length;
        rest = isLast ? [] : rest[(position + 1)..];
        return field.ToString();
    }
}
