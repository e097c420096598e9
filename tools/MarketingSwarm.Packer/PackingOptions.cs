namespace MarketingSwarm.Packer;

/// <summary>What is packed, from where, to where. Paths are full.</summary>
/// <param name="Repository">The work tree: its commit, CHANGELOG.md, THIRD-PARTY-NOTICES.txt and Directory.Packages.props.</param>
/// <param name="Module">The module as the build laid it out.</param>
/// <param name="Symbols">Where the build put the .pdb files.</param>
/// <param name="Output">The folder of the packages.</param>
/// <param name="AllowDirty">Packs what no commit has, as a prerelease.</param>
internal sealed record PackingOptions(string Repository, string Module, string Symbols, string Output, bool AllowDirty)
{
    /// <exception cref="PackingException">An option is unknown or has no value.</exception>
    public static PackingOptions Parse(ReadOnlySpan<string> arguments)
    {
        var values = new Dictionary<string, string>();
        var allowDirty = false;
        for (var i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] == "--allow-dirty") allowDirty = true;
            else if (arguments[i] is not ("--repository" or "--module" or "--symbols" or "--output"))
                throw new PackingException($"'{arguments[i]}' is no option; run the packer without arguments to see them.");
            else if (i + 1 == arguments.Length) throw new PackingException($"{arguments[i]} needs a folder.");
            else values[arguments[i]] = Path.GetFullPath(arguments[++i]);
        }

        var repository = values.GetValueOrDefault("--repository") ?? Directory.GetCurrentDirectory();
        var artifacts = Path.Combine(repository, "artifacts");
        return new PackingOptions(
            repository,
            values.GetValueOrDefault("--module") ?? Path.Combine(artifacts, "module", "MarketingSwarm"),
            values.GetValueOrDefault("--symbols") ?? Path.Combine(artifacts, "symbols"),
            values.GetValueOrDefault("--output") ?? Path.Combine(artifacts, "package"),
            allowDirty);
    }
}
