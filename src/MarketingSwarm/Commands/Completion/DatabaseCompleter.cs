using System.Collections;
using System.Management.Automation;

namespace MarketingSwarm.Commands;

/// <summary>Completes SQLite files and archives, the folders that lead to them, and the form of a Cloud SQL instance's name.</summary>
public sealed class DatabaseCompleter : ValueCompleter
{
    private const string CloudSqlForm = "cloudsql://PROJECT:REGION:INSTANCE/DATABASE?user=NAME&passwordSecret=SECRET";
    private static readonly string[] Extensions = [".db", ".sqlite", ".sqlite3", ".db3", ".json", ".ndjson", ".gz"];

    private protected override IReadOnlyList<string> GetValues(string typed, IDictionary parameters)
    {
        // A name with a scheme is no path.
        if (typed.Contains("://", StringComparison.Ordinal)) return [CloudSqlForm];
        var end = typed.LastIndexOfAny(['/', Path.DirectorySeparatorChar]) + 1;
        var (prefix, folder) = (typed[..end], typed[..end]);
        if (folder.StartsWith('~')) folder = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + folder[1..];
        using var shell = PowerShell.Create(RunspaceMode.CurrentRunspace);
        var place = Path.Combine(shell.AddScript("$ExecutionContext.SessionState.Path.CurrentFileSystemLocation.ProviderPath").Invoke<string>().FirstOrDefault() ?? "", folder);
        if (!Directory.Exists(place)) return [CloudSqlForm];
        return
        [
            .. Directory.EnumerateFiles(place).Where(file => Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase)).Select(Path.GetFileName).Order(StringComparer.Ordinal)
                .Concat(Directory.EnumerateDirectories(place).Select(path => Path.GetFileName(path) + "/").Order(StringComparer.Ordinal)).Select(name => prefix + name),
            CloudSqlForm,
        ];
    }
}
