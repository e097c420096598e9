using System.Diagnostics;
using System.Reflection;
using System.Runtime.Loader;

namespace MarketingSwarm.Tests.Module;

/// <summary>The module and its neighbours do not notice each other's libraries.</summary>
public sealed class IsolationTests
{
    private const string EngineContext = "MarketingSwarm.Engine";

    // Reaches Npgsql, and needs no server: nothing listens on the port.
    private const string UseNpgsql = "Get-SwarmDatabaseSchema 'postgresql://user:word@127.0.0.1:1/nothing?sslmode=disable'";

    [Fact]
    public void TheNeighboursAreOthersThanTheModules()
    {
        Assert.Same(AssemblyLoadContext.Default, AssemblyLoadContext.GetLoadContext(Neighbours.Npgsql));
        Assert.Same(AssemblyLoadContext.Default, AssemblyLoadContext.GetLoadContext(Neighbours.NewtonsoftJson));
        Assert.Equal(new Version(9, 0, 5, 0), Neighbours.Npgsql.GetName().Version);
        Assert.StartsWith("13.0.1.", FileVersionInfo.GetVersionInfo(Neighbours.NewtonsoftJson.Location).FileVersion, StringComparison.Ordinal);
        Assert.NotEqual(Neighbours.Npgsql.GetName().Version, AssemblyName.GetAssemblyName(InDeps("Npgsql.dll")).Version);
    }

    [Fact]
    public void TheEngineUsesItsOwnNpgsql()
    {
        var error = PowerShellSession.Run(UseNpgsql).SingleError;
        Assert.Equal("MarketingSwarm.SwarmDatabaseException", error.Exception.GetType().FullName);

        var both = AppDomain.CurrentDomain.GetAssemblies().Where(assembly => assembly.GetName().Name == "Npgsql").ToArray();
        Assert.Equal(2, both.Length);
        Assert.Contains(Neighbours.Npgsql, both);
        var own = both.Single(assembly => assembly != Neighbours.Npgsql);
        Assert.Equal(EngineContext, AssemblyLoadContext.GetLoadContext(own)!.Name);
        Assert.Equal(InDeps("Npgsql.dll"), own.Location);
    }

    [Fact]
    public void TheNeighboursGoOnWorking()
    {
        PowerShellSession.Run(UseNpgsql);

        Assert.Equal("a", new Npgsql.NpgsqlConnectionStringBuilder("Host=a").Host);
        Assert.Equal("[1]", Newtonsoft.Json.JsonConvert.SerializeObject(new[] { 1 }));
    }

    [Fact]
    public void EverythingOfTheEngineIsInItsContextAndTheModelIsThereOnce()
    {
        PowerShellSession.Run(UseNpgsql);

        var ours = AppDomain.CurrentDomain.GetAssemblies().Where(assembly => assembly.GetName().Name!.StartsWith("MarketingSwarm", StringComparison.Ordinal));
        var places = ours.Where(assembly => assembly != typeof(IsolationTests).Assembly)
            .Select(assembly => $"{assembly.GetName().Name} in {AssemblyLoadContext.GetLoadContext(assembly)!.Name}").Order(StringComparer.Ordinal);
        Assert.Equal(["MarketingSwarm in Default", $"MarketingSwarm.Engine in {EngineContext}", "MarketingSwarm.Model in Default"], places);

        var context = AssemblyLoadContext.All.Single(candidate => candidate.Name == EngineContext);
        Assert.All(context.Assemblies, assembly => Assert.StartsWith(InDeps(""), assembly.Location, StringComparison.Ordinal));
    }

    [Fact]
    public void NothingOfDepsReachesTheDefaultContext()
    {
        PowerShellSession.Run(UseNpgsql);

        Assert.DoesNotContain(
            AssemblyLoadContext.Default.Assemblies,
            assembly => !assembly.IsDynamic && assembly.Location.StartsWith(InDeps(""), StringComparison.Ordinal));
    }

    [Fact]
    public void TheModuleShipsNothingOfPowerShell()
        => Assert.DoesNotContain(
            Directory.GetFiles(Repository.ModuleFolder, "*.dll", SearchOption.AllDirectories).Select(Path.GetFileName),
            name => name!.StartsWith("System.Management.Automation", StringComparison.Ordinal) || name.StartsWith("Microsoft.PowerShell", StringComparison.Ordinal));

    private static string InDeps(string file) => Path.Combine(Repository.ModuleFolder, "deps", file);
}
