using MarketingSwarm.Engine.GoogleCloud.CloudSql;

namespace MarketingSwarm.Engine.Deployment;

/// <summary>Shares a server's connections among the instances of a service.</summary>
internal static class ConnectionBudgets
{
    /// <summary>PostgreSQL keeps three for superusers by default (superuser_reserved_connections); five are left to operators, backups and this module.</summary>
    internal const int Reserved = 8;

    /// <summary>What SQLAlchemy's pool opens by the migration plan: five, and ten beyond.</summary>
    internal const int WantedPoolSize = 5;
    internal const int WantedOverflow = 10;

    /// <summary>The plan's pool where it fits, else a smaller one with the same proportions.</summary>
    /// <exception cref="SwarmConfigurationException">Not even one connection an instance is left.</exception>
    internal static ConnectionBudget Share(string instance, int maxConnections, int maxInstances)
    {
        var each = (maxConnections - Reserved) / maxInstances;
        if (each < 1) throw Errors.ConnectionBudgetTooSmall(instance, maxConnections, Reserved, maxInstances);
        var size = Math.Min(each, WantedPoolSize + WantedOverflow);
        var pool = Math.Max(1, size * WantedPoolSize / (WantedPoolSize + WantedOverflow));
        return new ConnectionBudget { MaxConnections = maxConnections, Reserved = Reserved, MaxInstances = maxInstances, PoolSize = pool, MaxOverflow = size - pool };
    }

    /// <summary>The flag max_connections, else what Cloud SQL sets for the machine; null where neither is known.</summary>
    internal static int? FindMaxConnections(CloudSqlInstance instance)
        => instance.DatabaseFlags.GetValueOrDefault(InstanceRules.ConnectionsFlag) is { } flag && int.TryParse(flag, out var count) ? count
            : instance.Tier is null ? null : MachineTier.GetDefaultConnections(instance.Tier);
}
