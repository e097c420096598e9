using MarketingSwarm.Engine.Postgres;
using Npgsql;

namespace MarketingSwarm.Engine.Migration;

/// <summary>What the parts of a load share.</summary>
internal sealed class LoadContext
{
    internal required SwarmDatabase Database { get; init; }

    internal required RunRecord Run { get; init; }

    /// <summary>This process's name as the run's owner; another process that takes the run over puts its own in place.</summary>
    internal required Guid Owner { get; init; }

    internal required RetryPolicy Retry { get; init; }

    internal required MigrationProgress Progress { get; init; }

    /// <summary>Makes what copies chunks over a connection.</summary>
    internal required Func<NpgsqlConnection, ChunkCopier> CreateCopier { get; init; }
}
