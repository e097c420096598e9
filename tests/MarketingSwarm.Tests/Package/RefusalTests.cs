namespace MarketingSwarm.Tests.Package;

/// <summary>What is not packed, and how a user is told. Each in a clone at the commit that the module was built from.</summary>
public sealed class RefusalTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Output => _folder.File("package");

    [Fact]
    public void ACleanTreeIsPackedUnderItsVersion()
    {
        var clone = Packer.Clone(_folder);
        Directory.CreateDirectory(Path.Combine(clone, "artifacts"));
        File.WriteAllText(Path.Combine(clone, "artifacts", "ignored.txt"), "");

        var result = Packer.Pack(clone, Output);

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        var version = BuiltModule.Manifest["ModuleVersion"];
        Assert.Equal(
            [Path.Combine(Output, $"MarketingSwarm/{version}"), Path.Combine(Output, $"MarketingSwarm.{version}.nupkg"), Path.Combine(Output, $"MarketingSwarm.{version}.symbols.zip"), Path.Combine(Output, "SHA256SUMS")],
            result.Lines);
        Assert.All(result.Lines, path => Assert.True(Path.Exists(path), path));
    }

    [Theory]
    [InlineData("pack")]
    [InlineData("check")]
    public void ADirtyTreeIsRefusedByTheNamesOfItsFiles(string command)
    {
        var clone = Packer.Clone(_folder);
        File.AppendAllText(Path.Combine(clone, "README.md"), "One more line.\n");
        File.Delete(Path.Combine(clone, "docs", "design.md"));
        File.WriteAllText(Path.Combine(clone, "src", "a new file.cs"), "");

        var result = Packer.Run(command, clone, Output);

        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.Matches(
            @"^error: The work tree '.*clone' has changes that commit [0-9a-f]{12} has not: README\.md, docs/design\.md, src/a new file\.cs\. Nothing was packed\. Commit or remove them, or [^\n]*\n$",
            result.Error);
        Assert.False(Directory.Exists(Output));
    }

    [Fact]
    public void ADirtyTreeThatIsAllowedIsLabelled()
    {
        var clone = Packer.Clone(_folder);
        File.AppendAllText(Path.Combine(clone, "README.md"), "One more line.\n");

        var result = Packer.Pack(clone, Output, "--allow-dirty");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        var version = BuiltModule.Manifest["ModuleVersion"];
        Assert.True(File.Exists(Path.Combine(Output, $"MarketingSwarm.{version}-dirty.nupkg")));
        var manifest = PackedModule.ReadManifest(Path.Combine(Output, $"MarketingSwarm/{version}/MarketingSwarm.psd1"));
        Assert.Equal("dirty", ((System.Collections.Hashtable)((System.Collections.Hashtable)manifest["PrivateData"]!)["PSData"]!)["Prerelease"]);
    }

    [Fact]
    public void AModuleOfAnotherCommitIsRefused()
    {
        var clone = Packer.Clone(_folder);
        Packer.Git(clone, "commit", "--quiet", "--allow-empty", "-m", "Another");

        Refused(Packer.Pack(clone, Output), @"was built as .*, and the work tree is at commit [0-9a-f]{40}\..*Build anew");
    }

    [Fact]
    public void AFolderWithoutACommitIsRefused()
    {
        Packer.RequireGit();
        Directory.CreateDirectory(_folder.File("none"));

        Refused(Packer.Pack(_folder.File("none"), Output), @"is packed by its commit, and git says: fatal: not a git repository.*Pack from a clone");
    }

    [Fact]
    public void NoticesThatAreNotWhatThePackagesSayAreRefused()
    {
        var clone = Packer.Clone(_folder);
        Edit(clone, "THIRD-PARTY-NOTICES.txt", "Npgsql 10.", "Npgsql 9.");

        Refused(Packer.Pack(clone, Output, "--allow-dirty"), @"THIRD-PARTY-NOTICES\.txt' is not what the shipped packages say: line [0-9]+ is 'Npgsql 9\.[0-9.]+' and should be 'Npgsql 10\.");
    }

    [Fact]
    public void AVersionOtherThanTheCentralOneIsRefused()
    {
        var clone = Packer.Clone(_folder);
        Edit(clone, "Directory.Packages.props", "Include=\"Npgsql\" Version=\"10.", "Include=\"Npgsql\" Version=\"11.");

        Refused(Packer.Pack(clone, Output, "--allow-dirty"), @"has Npgsql 10\.[0-9.]+, and Directory\.Packages\.props has 11\.");
    }

    [Fact]
    public void AChangelogWithoutTheVersionIsRefused()
    {
        var clone = Packer.Clone(_folder);
        Edit(clone, "CHANGELOG.md", "## [Unreleased]", "## Some day");

        Refused(Packer.Pack(clone, Output, "--allow-dirty"), @"CHANGELOG\.md' says nothing of [0-9.]+: a heading");
    }

    [Theory]
    [InlineData("deps/Left.Over.dll", 10, @"'deps/Left\.Over\.dll' is of no package that the module depends on.*Delete")]
    [InlineData("emulator/Left.Over.dll", 10, @"'emulator/Left\.Over\.dll' is of no package that the module depends on.*Delete")]
    [InlineData("notes.md", 10, @"'notes\.md' in '.*' is of no kind that is shipped")]
    [InlineData("large.txt", 9_000_000, @"would have [23][0-9]\.[0-9] MB, and 25 MB are its limit.*large\.txt \(9\.0 MB\)")]
    public void AFileThatTheModuleHasNoUseForIsRefused(string file, int size, string expected)
    {
        var module = CopyModule();
        File.WriteAllBytes(Path.Combine(module, file), new byte[size]);

        Refused(Packer.Pack(Packer.Clone(_folder), Output, "--module", module), expected);
    }

    [Fact]
    public void AModuleThatLacksASystemIsRefused()
    {
        var module = CopyModule();
        Directory.Delete(Path.Combine(module, "deps", "runtimes", "osx-arm64"), recursive: true);

        Refused(Packer.Pack(Packer.Clone(_folder), Output, "--module", module), @"has no SQLite for osx-arm64");
    }

    [Fact]
    public void WhatIsForAnotherSystemIsLeftOut()
    {
        var module = CopyModule();
        Directory.CreateDirectory(Path.Combine(module, "deps", "runtimes", "linux-s390x", "native"));
        File.WriteAllText(Path.Combine(module, "deps", "runtimes", "linux-s390x", "native", "libe_sqlite3.so"), "");

        Assert.Equal(0, Packer.Pack(Packer.Clone(_folder), Output, "--module", module).ExitCode);

        Assert.Empty(Directory.GetDirectories(Output, "linux-s390x", SearchOption.AllDirectories));
    }

    [Fact]
    public void SymbolsOfAnotherBuildAreRefused()
    {
        var symbols = _folder.File("symbols");
        Directory.CreateDirectory(symbols);
        foreach (var name in new[] { "MarketingSwarm", "MarketingSwarm.Model", "MarketingSwarm.Engine", "MarketingSwarm.Emulator" })
            File.Copy(Path.Combine(Repository.Root, "artifacts", "symbols", "MarketingSwarm.Model.pdb"), Path.Combine(symbols, name + ".pdb"));

        // The later of two options counts.
        Refused(Packer.Pack(Packer.Clone(_folder), Output, "--symbols", symbols), @"MarketingSwarm(\.Engine|\.Emulator)?\.pdb' is of another build than");
    }

    [Fact]
    public void ARefusalLeavesTheEarlierPackage()
    {
        var clone = Packer.Clone(_folder);
        Assert.Equal(0, Packer.Pack(clone, Output).ExitCode);
        var before = File.ReadAllBytes(Path.Combine(Output, "SHA256SUMS"));
        File.AppendAllText(Path.Combine(clone, "README.md"), "One more line.\n");

        Assert.Equal(1, Packer.Pack(clone, Output).ExitCode);

        Assert.Equal(before, File.ReadAllBytes(Path.Combine(Output, "SHA256SUMS")));
    }

    public void Dispose()
    {
        // git writes its objects read-only, which Windows does not delete.
        foreach (var file in new DirectoryInfo(_folder.Path).EnumerateFiles("*", SearchOption.AllDirectories)) file.IsReadOnly = false;
        _folder.Dispose();
    }

    private void Refused(ProgramResult result, string expected)
    {
        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.Matches("^error: [^\n]*" + expected + "[^\n]*\n$", result.Error);
        Assert.Contains("Nothing was packed.", result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Output));
    }

    private static void Edit(string clone, string file, string before, string after)
    {
        var path = Path.Combine(clone, file);
        var text = File.ReadAllText(path);
        Assert.Contains(before, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(before, after, StringComparison.Ordinal));
    }

    private string CopyModule()
    {
        var copy = _folder.File("module");
        foreach (var file in Directory.EnumerateFiles(Repository.LaidOutModule, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(copy, Path.GetRelativePath(Repository.LaidOutModule, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        return copy;
    }
}
