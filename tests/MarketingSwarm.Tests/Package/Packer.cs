using System.Diagnostics;

namespace MarketingSwarm.Tests.Package;

/// <summary>The packer that was built beside these tests, as a process, and the clones that it packs.</summary>
internal static class Packer
{
    // A checkout that belongs to another user is no concern of these tests.
    private static readonly KeyValuePair<string, string?>[] GitEnvironment =
    [
        new("GIT_CONFIG_COUNT", "3"), new("GIT_CONFIG_KEY_0", "safe.directory"), new("GIT_CONFIG_VALUE_0", "*"),
        new("GIT_CONFIG_KEY_1", "user.name"), new("GIT_CONFIG_VALUE_1", "Tests"), new("GIT_CONFIG_KEY_2", "user.email"), new("GIT_CONFIG_VALUE_2", "tests@localhost"),
    ];

    private static readonly Lazy<string?> SkipReason = new(() =>
        Programs.Find("git") is null ? "git was not found in PATH."
        : Programs.Run(Programs.Find("git")!, ["rev-parse", "HEAD"], environment: GitEnvironment, workingFolder: Repository.Root).ExitCode == 0 ? null
        : $"'{Repository.Root}' is no git work tree, and a package is one of a commit.");

    /// <summary>The commit that the module was built from, as the SDK wrote it behind the version.</summary>
    private static string BuiltCommit => FileVersionInfo.GetVersionInfo(Path.Combine(Repository.LaidOutModule, "MarketingSwarm.dll")).ProductVersion!.Split('+')[^1];

    internal static void RequireGit() => Assert.SkipWhen(SkipReason.Value is not null, SkipReason.Value ?? "");

    /// <summary>Packs the module that the build laid out, or another.</summary>
    internal static ProgramResult Pack(string repository, string output, params IEnumerable<string> options) => Run("pack", repository, output, options);

    internal static ProgramResult Run(string command, string repository, string output, params IEnumerable<string> options)
    {
        var target = new DirectoryInfo(AppContext.BaseDirectory);
        var packer = Path.Combine(Repository.Root, "tools", "MarketingSwarm.Packer", "bin", target.Parent!.Name, target.Name, "MarketingSwarm.Packer.dll");
        string[] module = options.Contains("--module") ? [] : ["--module", Repository.LaidOutModule];
        return Programs.Run(
            ShellProcess.DotNet,
            ["exec", packer, command, "--repository", repository, "--symbols", Path.Combine(Repository.Root, "artifacts", "symbols"), "--output", output, .. module, .. options],
            environment: GitEnvironment);
    }

    /// <summary>A clone in the folder, at the commit that the module was built from.</summary>
    internal static string Clone(TempFolder folder)
    {
        RequireGit();
        var clone = folder.File("clone");
        Git(Repository.Root, "clone", "--quiet", "--no-checkout", Repository.Root, clone);
        Git(clone, "checkout", "--quiet", "--detach", BuiltCommit);
        return clone;
    }

    internal static string Git(string workingFolder, params string[] arguments)
    {
        var result = Programs.Run(Programs.Find("git")!, arguments, environment: GitEnvironment, workingFolder: workingFolder);
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Output.TrimEnd();
    }
}
