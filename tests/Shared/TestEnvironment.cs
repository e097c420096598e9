using System.Runtime.CompilerServices;

namespace MarketingSwarm.Testing;

/// <summary>Tests that change environment variables, which belong to the whole process: nothing runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class EnvironmentCollection
{
    public const string Name = "Environment";
}

/// <summary>Sets environment variables and puts the old values back. For classes in <see cref="EnvironmentCollection"/>.</summary>
public sealed class EnvironmentScope : IDisposable
{
    private readonly List<(string Name, string? Value)> _before = [];

    public EnvironmentScope(params IEnumerable<(string Name, string? Value)> variables)
    {
        foreach (var (name, value) in variables)
        {
            _before.Add((name, Environment.GetEnvironmentVariable(name)));
            Environment.SetEnvironmentVariable(name, value);
        }
    }

    public void Dispose()
    {
        for (var i = _before.Count - 1; i >= 0; i--) Environment.SetEnvironmentVariable(_before[i].Name, _before[i].Value);
    }
}

internal static class TestEnvironment
{
    /// <summary>A developer's own database settings must not reach the tests.</summary>
    [ModuleInitializer]
    internal static void Clear()
    {
        foreach (string name in Environment.GetEnvironmentVariables().Keys)
        {
            if (name is "DATABASE_URL" or "K_SERVICE" or "INSTANCE_CONNECTION_NAME" or "SWARM_GOOGLE_ENDPOINT" or "SWARM_ACCESS_TOKEN"
                || name.StartsWith("DB_", StringComparison.Ordinal)
                || (name.StartsWith("PG", StringComparison.Ordinal) && name.All(c => char.IsAsciiLetterUpper(c))))
            {
                Environment.SetEnvironmentVariable(name, null);
            }
        }
    }
}
