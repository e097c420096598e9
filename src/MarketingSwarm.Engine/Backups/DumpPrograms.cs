using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace MarketingSwarm.Engine.Backups;

/// <summary>pg_dump and pg_restore of one version, and how they reach a server.</summary>
/// <param name="Folder">Where both are.</param>
/// <param name="Version">For example <c>15.18</c>.</param>
internal sealed partial record DumpPrograms(string Folder, Version Version)
{
    internal const string Dump = "pg_dump";
    internal const string Restore = "pg_restore";

    // From this version on, sslrootcert=system means the authorities that the machine trusts.
    private const int FirstWithSystemAuthorities = 16;

    // Where Linux distributions keep the authorities that .NET trusts there as well.
    private static readonly string[] AuthorityFiles =
        ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"];

    /// <summary>Finds the programs of this machine: of the server's own major version, else the newest ones.</summary>
    /// <param name="serverMajor">The server's major version; older programs refuse it.</param>
    /// <param name="folders">Where to look, the first choice first.</param>
    /// <param name="cancellationToken">Ends the asking.</param>
    /// <exception cref="SwarmConfigurationException">There are none that are new enough.</exception>
    internal static async Task<DumpPrograms> FindAsync(int serverMajor, IEnumerable<string> folders, CancellationToken cancellationToken)
    {
        List<DumpPrograms> found = [];
        foreach (var folder in folders.Distinct())
        {
            if (!File.Exists(Path.Combine(folder, FileName(Dump))) || !File.Exists(Path.Combine(folder, FileName(Restore)))) continue;
            if (await ReadVersionAsync(folder, cancellationToken) is not { } version) continue;
            found.Add(new DumpPrograms(folder, version));
            if (version.Major == serverMajor) return found[^1];
        }

        return found.Where(programs => programs.Version.Major >= serverMajor).MaxBy(programs => programs.Version)
            ?? throw Errors.PostgresProgramMissing(Dump, serverMajor, [.. found.Select(programs => $"version {programs.Version} in '{programs.Folder}'")]);
    }

    /// <summary>PATH, then where the programs are usually installed.</summary>
    internal static IEnumerable<string> GetUsualFolders()
    {
        foreach (var folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
            if (Path.IsPathFullyQualified(folder)) yield return folder;

        (string Parent, string Pattern)[] places = OperatingSystem.IsWindows()
            ? [(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "PostgreSQL"), "*")]
            :
            [
                ("/usr/lib/postgresql", "*"), ("/usr", "pgsql-*"), ("/usr/local", "pgsql*"), ("/opt/homebrew/opt", "postgresql@*"), ("/opt/homebrew/opt", "libpq"),
                ("/usr/local/opt", "postgresql@*"), ("/usr/local/opt", "libpq"), ("/Applications/Postgres.app/Contents/Versions", "*"),
            ];
        foreach (var (parent, pattern) in places)
        {
            if (!Directory.Exists(parent)) continue;
            foreach (var folder in Directory.EnumerateDirectories(parent, pattern)) yield return Path.Combine(folder, "bin");
        }
    }

    /// <summary>Runs one of the programs to its end; killed where the work is stopped.</summary>
    /// <param name="program"><see cref="Dump"/> or <see cref="Restore"/>.</param>
    /// <param name="database">The server that it connects to, told by environment variables, the password among them: a command line could be read by everybody.</param>
    /// <param name="serverOptions">What the server is told at the start of the session, besides what the database's name says.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="consequence">What a failure means for the user.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What it printed.</returns>
    /// <exception cref="SwarmDatabaseException">It failed.</exception>
    internal async Task<string> RunAsync(
        string program, SwarmDatabase database, string? serverOptions, IEnumerable<string> arguments, string consequence, CancellationToken cancellationToken)
    {
        using var way = await ServerWay.OpenAsync(database, cancellationToken);
        var start = CreateStart(Path.Combine(Folder, FileName(program)), arguments);
        Configure(start.Environment, way.Database);
        start.Environment["PGOPTIONS"] = $"{database.ServerOptions} {serverOptions}".Trim();
        using var process = Process.Start(start)!;
        // The programs read what they are not given from here.
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            throw;
        }

        if (process.ExitCode != 0) throw Errors.PostgresProgramFailed(program, database, process.ExitCode, Shorten(await error), consequence);
        return await output;
    }

    private void Configure(IDictionary<string, string?> environment, SwarmDatabase database)
    {
        if (database.TlsKeyPassword is not null) throw Errors.PostgresProgramNoKeyPassword(database);
        // What the user's environment says of some server is not for this one.
        foreach (var name in environment.Keys.Where(name => name.StartsWith("PG", StringComparison.OrdinalIgnoreCase)).ToList()) environment.Remove(name);
        environment["PGHOST"] = database.Host;
        environment["PGPORT"] = database.Port!.Value.ToString(CultureInfo.InvariantCulture);
        environment["PGDATABASE"] = database.Database;
        environment["PGUSER"] = database.User;
        environment["PGPASSWORD"] = database.Password;
        // The module has looked into .pgpass itself.
        environment["PGPASSFILE"] = OperatingSystem.IsWindows() ? "NUL" : "/dev/null";
        environment["PGAPPNAME"] = "MarketingSwarm";
        environment["PGCLIENTENCODING"] = "UTF8";
        environment["PGCONNECT_TIMEOUT"] = Math.Ceiling(database.ConnectTimeout.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        // Messages are shown as they come.
        environment["LC_ALL"] = "C.UTF-8";
        environment["PGGSSENCMODE"] = "disable";
        environment["PGSSLMODE"] = database.Tls switch
        {
            TlsMode.VerifyCA => "verify-ca",
            TlsMode.VerifyFull => "verify-full",
            TlsMode.Require => "require",
            TlsMode.Prefer => "prefer",
            TlsMode.Allow => "allow",
            _ => "disable",
        };
        environment["PGSSLROOTCERT"] = database.TlsRootCertificate ?? FindAuthorities(database.Tls);
        environment["PGSSLCERT"] = database.TlsCertificate;
        environment["PGSSLKEY"] = database.TlsKey;
    }

    // As the module's own connections do, the machine's authorities are trusted where none are named.
    private string? FindAuthorities(TlsMode? tls)
    {
        if (tls is not (TlsMode.VerifyCA or TlsMode.VerifyFull)) return null;
        return AuthorityFiles.FirstOrDefault(File.Exists) ?? (Version.Major >= FirstWithSystemAuthorities && tls == TlsMode.VerifyFull ? "system" : null);
    }

    private static ProcessStartInfo CreateStart(string program, IEnumerable<string> arguments) => new(program, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        StandardOutputEncoding = Encoding.UTF8,
        StandardErrorEncoding = Encoding.UTF8,
        // Windows: a console of its own, or Ctrl+C at the prompt would end it.
        CreateNoWindow = true,
    };

    // The first lines say what failed; what follows are its consequences.
    private static string Shorten(string error)
    {
        var lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return string.Join(" / ", lines.Take(3)) + (lines.Length > 3 ? " …" : "");
    }

    private static async Task<Version?> ReadVersionAsync(string folder, CancellationToken cancellationToken)
    {
        try
        {
            using var process = Process.Start(CreateStart(Path.Combine(folder, FileName(Dump)), ["--version"]))!;
            var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return VersionPattern().Match(output) is { Success: true } match && Version.TryParse(match.Groups[1].Value, out var version) ? version : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // Not for this machine, or it may not be run.
            return null;
        }
    }

    private static string FileName(string program) => OperatingSystem.IsWindows() ? program + ".exe" : program;

    [GeneratedRegex(@"\(PostgreSQL\) (\d+\.\d+)")]
    private static partial Regex VersionPattern();
}
