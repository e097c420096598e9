using MarketingSwarm.Engine.Configuration;

namespace MarketingSwarm.Engine.Tests.Configuration;

/// <summary>Resolves names in a folder and an environment of a test's own.</summary>
internal sealed class Naming : IDisposable
{
    internal TempFolder Folder { get; } = new();

    internal Dictionary<string, string> Variables { get; } = new(StringComparer.Ordinal);

    internal HashSet<string> Sockets { get; } = [];

    internal ResolutionContext Context => new()
    {
        ResolvePath = path => Path.GetFullPath(path, Folder.Path),
        GetVariable = name => Variables.GetValueOrDefault(name),
        LoginName = "operator",
        HomeFolder = Folder.Path,
        SocketExists = Sockets.Contains,
    };

    internal SwarmDatabase Resolve(string? name, string? user = null, string? password = null, string? environmentFile = null)
        => DatabaseResolver.Resolve(
            name is null ? null : new DatabaseReference(name), Context with { User = user, Password = password, EnvironmentFile = environmentFile });

    internal SwarmConfigurationException Refuse(string? name, string? environmentFile = null)
        => Assert.Throws<SwarmConfigurationException>(() => Resolve(name, environmentFile: environmentFile));

    internal string Write(string name, string text)
    {
        var path = Folder.File(name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Writes ~/.pgpass with the rights that libpq asks for.</summary>
    internal void WritePgPass(string text)
    {
        var path = Write(".pgpass", text);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    internal static string OriginOf(SwarmDatabase database, string setting) => database.Origins.Single(part => part.Setting == setting).Origin;

    /// <summary>All that a user can see of an error.</summary>
    internal static string TextOf(SwarmException exception) => $"{exception} {exception.RecommendedAction} {exception.Target}";

    public void Dispose() => Folder.Dispose();
}
