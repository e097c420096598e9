using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace MarketingSwarm.Emulator.Clusters;

/// <summary>The programs of one PostgreSQL version.</summary>
/// <param name="Folder">Where initdb, pg_ctl, pg_basebackup and the others are.</param>
/// <param name="Version">For example <c>15.18</c>.</param>
internal sealed partial record PostgresInstallation(string Folder, string Version)
{
    /// <summary>Names the one folder in which to look, instead of all the usual ones.</summary>
    internal const string FolderVariable = "SWARM_EMULATOR_POSTGRES";

    /// <summary>DROP DATABASE … WITH (FORCE) and pg_verifybackup are there from this version on.</summary>
    private const int OldestMajorVersion = 13;

    private static readonly string[] Needed = ["initdb", "pg_ctl", "postgres", "pg_basebackup", "pg_verifybackup"];

    internal int MajorVersion => int.Parse(Version.AsSpan(0, Version.AsSpan().IndexOfAnyExceptInRange('0', '9') is var end and >= 0 ? end : Version.Length), CultureInfo.InvariantCulture);

    /// <summary>The installations of this machine, the newest first.</summary>
    /// <exception cref="ClusterException">There is none.</exception>
    internal static async Task<IReadOnlyList<PostgresInstallation>> FindAllAsync(CancellationToken cancellationToken)
    {
        var named = Environment.GetEnvironmentVariable(FolderVariable);
        List<PostgresInstallation> found = [];
        foreach (var folder in (string.IsNullOrEmpty(named) ? GetUsualFolders() : [named]).Distinct())
        {
            if (!Needed.All(name => File.Exists(Path.Combine(folder, FileName(name))))) continue;
            if (await ReadVersionAsync(folder, cancellationToken) is { } version
                && new PostgresInstallation(folder, version) is { MajorVersion: >= OldestMajorVersion } installation
                && !found.Exists(other => other.Version == version))
                found.Add(installation);
        }

        if (found.Count == 0)
            throw new ClusterException(
                ClusterFailure.ProgramsMissing,
                string.IsNullOrEmpty(named)
                    ? $"PostgreSQL's server programs (initdb, pg_ctl, pg_basebackup; version {OldestMajorVersion} or newer) were found neither in PATH nor where they are usually installed. " +
                      $"Install them (Debian and Ubuntu: apt install postgresql; Fedora: dnf install postgresql-server; macOS: brew install postgresql@15; Windows: winget install PostgreSQL.PostgreSQL.15), or set {FolderVariable} to their folder."
                    : $"PostgreSQL's server programs (initdb, pg_ctl, pg_basebackup; version {OldestMajorVersion} or newer) are not in '{named}', which {FolderVariable} names. Correct the variable, or unset it.");
        return [.. found.OrderByDescending(installation => installation.MajorVersion)];
    }

    /// <summary>The full path of one of the programs.</summary>
    internal string GetProgram(string name) => Path.Combine(Folder, FileName(name));

    private static string FileName(string program) => OperatingSystem.IsWindows() ? program + ".exe" : program;

    private static IEnumerable<string> GetUsualFolders()
    {
        foreach (var folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
            if (Path.IsPathRooted(folder)) yield return folder;

        (string Parent, string Pattern, string Programs)[] places = OperatingSystem.IsWindows()
            ? [(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "PostgreSQL"), "*", "bin")]
            : [
                ("/usr/lib/postgresql", "*", "bin"),
                ("/usr", "pgsql-*", "bin"),
                ("/usr/local", "pgsql*", "bin"),
                ("/opt/homebrew/opt", "postgresql@*", "bin"),
                ("/usr/local/opt", "postgresql@*", "bin"),
                ("/Applications/Postgres.app/Contents/Versions", "*", "bin"),
            ];
        foreach (var (parent, pattern, programs) in places)
        {
            if (!Directory.Exists(parent)) continue;
            foreach (var folder in Directory.EnumerateDirectories(parent, pattern)) yield return Path.Combine(folder, programs);
        }
    }

    private static async Task<string?> ReadVersionAsync(string folder, CancellationToken cancellationToken)
    {
        // The server, unlike its tools, may be linked to a wrapper that wants options; its own --version is answered before anything else.
        var start = new ProcessStartInfo(Path.Combine(folder, FileName("postgres")), ["--version"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return VersionPattern().Match(output) is { Success: true } match ? match.Groups[1].Value : null;
    }

    [GeneratedRegex(@"\(PostgreSQL\) (\d+[.\w]*)")]
    private static partial Regex VersionPattern();
}
