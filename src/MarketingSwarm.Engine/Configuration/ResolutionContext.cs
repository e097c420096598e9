using MarketingSwarm.Engine.GoogleCloud;
using MarketingSwarm.Engine.GoogleCloud.Connector;

namespace MarketingSwarm.Engine.Configuration;

/// <summary>What resolving a database's name depends on beside the name itself; tests give their own.</summary>
internal sealed record ResolutionContext
{
    /// <summary>Turns a path as the user wrote it into a full one, from PowerShell's current location.</summary>
    internal required Func<string, string> ResolvePath { get; init; }

    /// <summary>Reads an environment variable; <see langword="null"/> where it is not set.</summary>
    internal Func<string, string?> GetVariable { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>The user of -Credential; it goes before any other.</summary>
    internal string? User { get; init; }

    /// <summary>The password of -Credential; it goes before any other.</summary>
    internal string? Password { get; init; }

    /// <summary>A file of settings to read as though they were environment variables, in place of <c>.env</c>; its path as the user wrote it.</summary>
    internal string? EnvironmentFile { get; init; }

    /// <summary>The operating system's name for the user: whom libpq logs in where no user is named.</summary>
    internal string LoginName { get; init; } = Environment.UserName;

    /// <summary>The folder with <c>.pgpass</c> and <c>.postgresql/root.crt</c>.</summary>
    internal string HomeFolder { get; init; } = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    /// <summary>Tells whether a Unix socket of that path is there.</summary>
    internal Func<string, bool> SocketExists { get; init; } = File.Exists;

    /// <summary>What the session says of Google Cloud, for a database that Google has to be asked about.</summary>
    internal CloudOptions Cloud { get; init; } = new();

    /// <summary>What reaches Cloud SQL's instances: the process's own.</summary>
    internal CloudSqlConnector Connector { get; init; } = CloudSqlConnector.Shared;

    /// <summary>How Google is asked on behalf of a database of this context.</summary>
    internal CloudAccess CreateCloudAccess() => new ConnectorAccess(Cloud, GetVariable, Connector);

    /// <summary>As libpq does, a value that is set but empty counts as not set.</summary>
    internal string? FindVariable(string name) => GetVariable(name) is { Length: > 0 } value ? value : null;
}
