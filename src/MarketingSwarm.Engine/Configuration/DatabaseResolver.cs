namespace MarketingSwarm.Engine.Configuration;

/// <summary>Finds out which database a name, or the environment without one, means.</summary>
internal static class DatabaseResolver
{
    /// <summary>Resolves a name; without one the environment decides as it does for the application.</summary>
    /// <exception cref="SwarmConfigurationException">The name or a setting is wrong or missing.</exception>
    internal static SwarmDatabase Resolve(DatabaseReference? reference, ResolutionContext context)
    {
        if (reference?.Database is { } resolved) return resolved;
        var name = reference?.Name ?? "test_marketing_swarm.db";
        if (!name.Contains("://", StringComparison.Ordinal))
            return new SwarmDatabase(DatabaseEngine.Sqlite) { Path = context.ResolvePath(name), IsImplied = reference is null };
        var url = new Uri(name);
        var user = url.UserInfo.Split(':');
        return new SwarmDatabase(DatabaseEngine.PostgreSql)
        {
            Host = url.Host, Port = url.Port < 0 ? 5432 : url.Port, Database = url.AbsolutePath.Trim('/'),
            User = user[0], Password = user.Length > 1 ? user[1] : null, Tls = TlsMode.Prefer,
        };
    }
}
