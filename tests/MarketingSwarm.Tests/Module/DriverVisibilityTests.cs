using System.Management.Automation;
using System.Reflection;

namespace MarketingSwarm.Tests.Module;

/// <summary>No type of a database driver reaches a user: they could neither name it nor catch it.</summary>
public sealed class DriverVisibilityTests
{
    private static readonly string RuntimeFolder = Path.GetDirectoryName(typeof(object).Assembly.Location)!;

    [Theory]
    [InlineData("MarketingSwarm")]
    [InlineData("MarketingSwarm.Model")]
    public void NoPublicSurfaceShowsOne(string assemblyName)
    {
        var assembly = assemblyName == "MarketingSwarm" ? BuiltModule.Assembly : BuiltModule.Model;
        var types = assembly.GetExportedTypes();
        Assert.NotEmpty(types);

        var strangers = types.SelectMany(VisibleTypes.Of).Where(found => !IsKnown(found.Type.Assembly)).Select(found => $"{found.Member}: {found.Type}");

        Assert.Empty(strangers);
    }

    [Fact]
    public void TheModelNeedsTheRuntimeAlone()
        => Assert.All(
            BuiltModule.Model.GetReferencedAssemblies(),
            reference => Assert.True(File.Exists(Path.Combine(RuntimeFolder, reference.Name + ".dll")), reference.Name));

    [Fact]
    public void ASurfaceThatShowsOneIsFound()
    {
        foreach (var leak in typeof(Leaks).GetNestedTypes(BindingFlags.NonPublic))
            Assert.Contains(VisibleTypes.Of(leak), found => !IsKnown(found.Type.Assembly) && found.Type.Assembly == Neighbours.Npgsql);
    }

    private static bool IsKnown(Assembly assembly)
        => assembly == BuiltModule.Assembly || assembly == BuiltModule.Model || assembly == typeof(PSCmdlet).Assembly
            || Path.GetDirectoryName(assembly.Location) == RuntimeFolder;

    private abstract class Leaks
    {
        private abstract class ByReturnType
        {
            public abstract Task<IReadOnlyList<Npgsql.NpgsqlConnection[]>> Open();
        }

        private abstract class ByProperty
        {
            protected abstract Npgsql.NpgsqlConnection? Connection { get; set; }
        }

        private abstract class ByParameter
        {
            public abstract void Open(ref Npgsql.NpgsqlConnection connection);
        }

        private abstract class ByEvent
        {
            public abstract event EventHandler<Npgsql.NpgsqlNoticeEventArgs> Noticed;
        }

        private sealed class ByBaseType : Npgsql.NpgsqlException;
    }
}
