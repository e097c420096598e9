using MarketingSwarm.Engine.Sqlite;

namespace MarketingSwarm.Engine.Tests.Sqlite;

/// <summary>Copies of somebody's rows do not stay behind, however a process ended.</summary>
public sealed class TemporaryFolderTests
{
    [Fact]
    public void OneThatAKilledProcessLeftIsSweptAndLivingOnesStay()
    {
        var left = Directory.CreateTempSubdirectory("swarm-").FullName;
        File.WriteAllText(Path.Combine(left, "lock"), "");
        File.WriteAllText(Path.Combine(left, "snapshot.db"), "rows");
        var strange = Directory.CreateTempSubdirectory("swarm-").FullName;
        using var living = new TemporaryFolder();
        File.WriteAllText(living.GetPath("snapshot.db"), "rows");

        using var next = new TemporaryFolder();

        Assert.False(Directory.Exists(left));
        Assert.True(File.Exists(living.GetPath("snapshot.db")));
        Assert.True(Directory.Exists(strange));
        Directory.Delete(strange);
    }

    [Fact]
    public void ItsOwnerAloneMayReadItAndItGoesWithTheObject()
    {
        string path;
        using (var folder = new TemporaryFolder())
        {
            path = Path.GetDirectoryName(folder.GetPath("x"))!;
            if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
        }

        Assert.False(Directory.Exists(path));
    }
}
