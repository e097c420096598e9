using MarketingSwarm.Engine.Rehearsal;

namespace MarketingSwarm.Engine.Tests.Rehearsal;

public sealed class DotnetHostTests
{
    [Fact]
    public void TheFirstWithAspNetCoreOfItsVersionIsTaken()
    {
        using var folder = new TempFolder();
        var without = Make(folder, "without", "Microsoft.NETCore.App", "10.0.1");
        var older = Make(folder, "older", DotnetHost.Framework, "9.0.1");
        var right = Make(folder, "right", DotnetHost.Framework, "10.0.1");
        var later = Make(folder, "later", DotnetHost.Framework, "10.0.2");
        Assert.Equal(right, DotnetHost.Choose([folder.File("none/dotnet"), without, older, right, later]));
    }

    [Fact]
    public void ALinkIsFollowedToWhatIsInstalledBesideItsTarget()
    {
        using var folder = new TempFolder();
        var right = Make(folder, "right", DotnetHost.Framework, "10.0.1");
        Directory.CreateDirectory(folder.File("bin"));
        File.CreateSymbolicLink(folder.File("bin/dotnet"), right);
        Assert.Equal(right, DotnetHost.Choose([folder.File("bin/dotnet")]));
    }

    [Fact]
    public void WhatIsMissingIsNamedWithWhereItWasLookedFor()
    {
        using var folder = new TempFolder();
        var without = Make(folder, "without", "Microsoft.NETCore.App", "10.0.1");
        var error = Assert.Throws<SwarmConfigurationException>(() => DotnetHost.Choose([without]));
        Assert.Equal("EmulatorRuntimeMissing", error.ErrorId);
        Assert.Contains("Microsoft.AspNetCore.App 10", error.Message, StringComparison.Ordinal);
        Assert.Contains(without, error.Message, StringComparison.Ordinal);
        Assert.Contains("aspnetcore-runtime-10.0", error.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("no dotnet", Assert.Throws<SwarmConfigurationException>(() => DotnetHost.Choose([])).Message, StringComparison.Ordinal);
    }

    private static string Make(TempFolder folder, string name, string framework, string version)
    {
        Directory.CreateDirectory(folder.File($"{name}/shared/{framework}/{version}"));
        var program = folder.File($"{name}/dotnet");
        File.WriteAllText(program, "");
        return program;
    }
}
