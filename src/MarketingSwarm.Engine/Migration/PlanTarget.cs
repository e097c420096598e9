using MarketingSwarm.Engine.Conversion;
using MarketingSwarm.Engine.Postgres;
using MarketingSwarm.Engine.Schemas;

namespace MarketingSwarm.Engine.Migration;

/// <summary>What the target of a plan takes.</summary>
internal static class PlanTarget
{
    /// <summary>Reads what the target's table requires; without a target, or without a table in it, that is what Initialize-SwarmDatabase would make.</summary>
    /// <exception cref="SwarmSchemaException">The target's table cannot hold the rows.</exception>
    /// <exception cref="SwarmConfigurationException">The target is no PostgreSQL database.</exception>
    internal static async Task<ConversionSettings> ReadSettingsAsync(SwarmDatabase? target, CancellationToken cancellationToken)
    {
        if (target is null) return ConversionSettings.ForNewTable();
        if (target.Engine != DatabaseEngine.PostgreSql) throw Errors.PlanTargetNotPostgres(target);
        await using var connection = await PostgresConnector.OpenAsync(target, cancellationToken);
        return await PostgresSchemaReader.TryReadAsync(connection, target, countRows: false, cancellationToken) is null
            ? ConversionSettings.ForNewTable()
            : ConversionSettings.ForTarget(await PostgresTable.ReadTargetAsync(connection, target, cancellationToken));
    }
}
