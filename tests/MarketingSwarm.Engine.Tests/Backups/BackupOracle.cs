using System.Text.Json.Nodes;
using MarketingSwarm.Engine.Backups;
using static MarketingSwarm.Engine.Tests.Sqlite.SqliteFiles;

namespace MarketingSwarm.Engine.Tests.Backups;

/// <summary>Backups made as the cmdlet makes them, and what other programs say of them.</summary>
internal static class BackupOracle
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Backs a file up, with so much time for a writer to wait.</summary>
    internal static DatabaseBackup BackUp(string path, string folder, double seconds = 60)
    {
        using var source = SqliteBackup.Open(At(path), Token);
        return source.Complete(folder, BackupPurpose.Requested, TimeSpan.FromSeconds(seconds), report: null, Token);
    }

    internal static BackupRestoration Restore(DatabaseBackup backup, string path, bool force = false)
        => SqliteRestoration.Open(backup, At(path), force, Token).Restore(report: null, Token);

    /// <summary>The SHA-256 of a file as sha256sum says it.</summary>
    internal static string Sha256(string path)
    {
        var program = Programs.Find("sha256sum");
        Assert.SkipWhen(program is null, "sha256sum was not found.");
        return Programs.Run(program!, ["--", path]).Output.TrimStart('\\')[..64];
    }

    /// <summary>Inode, owner and mode of a file as stat says them.</summary>
    internal static string Stat(string path) => Programs.Run("stat", ["--format=%i %U %a", "--", path]).Output.Trim();

    internal static string Mode(string path) => Stat(path).Split(' ')[^1];

    /// <summary>The manifest's text changed, as somebody's editor would.</summary>
    internal static void EditManifest(DatabaseBackup backup, Action<JsonObject> edit)
    {
        var json = JsonNode.Parse(File.ReadAllText(backup.ManifestPath))!.AsObject();
        edit(json);
        File.WriteAllText(backup.ManifestPath, json.ToJsonString());
    }

    /// <summary>The names of what is in a folder.</summary>
    internal static IEnumerable<string> List(string folder) => Directory.EnumerateFileSystemEntries(folder).Select(entry => Path.GetFileName(entry)).Order(StringComparer.Ordinal);

    /// <summary>A small file system of its own, which this test may fill; the test is skipped where none can be mounted.</summary>
    internal static IDisposable MountSmall(string folder, long bytes)
    {
        Directory.CreateDirectory(folder);
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no tmpfs on Windows.");
        Assert.SkipUnless(Programs.Run("mount", ["-t", "tmpfs", "-o", $"size={bytes}", "tmpfs", folder]).ExitCode == 0, "A tmpfs cannot be mounted here.");
        return new Mount(folder);
    }

    private sealed class Mount(string folder) : IDisposable
    {
        public void Dispose() => Programs.Run("umount", [folder]);
    }
}
