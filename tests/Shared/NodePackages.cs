using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace MarketingSwarm.Testing;

/// <summary>
///   Packages of npm, at the versions of the lock file in a folder of the tests' output, installed once into a temporary folder that later runs use again. Without
///   Node, npm or its registry the tests that need them are skipped. No script of a package is run.
/// </summary>
/// <param name="folderName">The folder with package.json, package-lock.json and our scripts.</param>
public abstract class NodePackages(string folderName) : IAsyncLifetime
{
    private const int OldestNode = 18;

    private string? _skipReason;
    private string _node = "";
    private string _folder = "";

    public async ValueTask InitializeAsync()
    {
        var npm = Programs.Find(OperatingSystem.IsWindows() ? "npm.cmd" : "npm");
        if (Programs.Find("node") is not { } node || npm is null)
        {
            _skipReason = "No node or no npm was found.";
            return;
        }

        _node = node;
        var version = (await Programs.RunAsync(node, ["--version"])).Output.Trim();
        if (!int.TryParse(version.TrimStart('v').Split('.')[0], out var major) || major < OldestNode)
        {
            _skipReason = $"Node is {version}; the packages need {OldestNode} or newer.";
            return;
        }

        var source = Path.Combine(AppContext.BaseDirectory, folderName);
        var hash = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(source, "package-lock.json"))))[..16];
        _folder = Path.Combine(Path.GetTempPath(), $"swarm-peers-{Environment.UserName}-{hash}");
        if (!Directory.Exists(_folder)) await InstallAsync(npm, source);
        if (_skipReason is not null) return;
        // The scripts find the packages beside them.
        foreach (var script in Directory.EnumerateFiles(source, "*.mjs")) File.Copy(script, Path.Combine(_folder, Path.GetFileName(script)), overwrite: true);
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>Runs a script of ours, and gives what it prints, which is JSON.</summary>
    public async Task<JsonNode> RunScriptAsync(string script, string? input, params IEnumerable<(string Name, string Value)> environment)
    {
        Assert.SkipWhen(_skipReason is not null, _skipReason ?? "");
        var result = await Programs.RunAsync(
            _node, [Path.Combine(_folder, script)], input, environment.Append(("NODE_NO_WARNINGS", "1")).Select(pair => KeyValuePair.Create(pair.Item1, (string?)pair.Item2)));
        Assert.True(result.ExitCode == 0, result.Error);
        return JsonNode.Parse(result.Output)!;
    }

    private async Task InstallAsync(string npm, string source)
    {
        var staging = Directory.CreateTempSubdirectory("swarm-peers-").FullName;
        foreach (var file in (string[])["package.json", "package-lock.json"]) File.Copy(Path.Combine(source, file), Path.Combine(staging, file));
        var install = await Programs.RunAsync(npm, ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"], workingFolder: staging);
        if (install.ExitCode == 0)
        {
            try
            {
                Directory.Move(staging, _folder);
                return;
            }
            catch (IOException) when (Directory.Exists(_folder))
            {
                // Another run was faster.
            }
        }

        Directory.Delete(staging, recursive: true);
        if (install.ExitCode == 0) return;
        var code = install.Error.Split('\n').FirstOrDefault(line => line.StartsWith("npm error code ", StringComparison.Ordinal))?["npm error code ".Length..].Trim();
        // A registry that is away is no fault of ours; a package or a lock file that is not what it was would be.
        if (code is null or "EINTEGRITY" or "EUSAGE" or "ETARGET") throw new InvalidOperationException($"npm could not install the packages: {install.Error}");
        _skipReason = $"npm could not install the packages ({code}).";
    }
}
