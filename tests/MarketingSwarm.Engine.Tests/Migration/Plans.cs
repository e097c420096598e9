using MarketingSwarm.Engine.Conversion;
using MarketingSwarm.Engine.Migration;
using MarketingSwarm.Engine.Sqlite;

namespace MarketingSwarm.Engine.Tests.Migration;

/// <summary>Files to measure, made by SQLite by other hands, and their plans.</summary>
internal static class Plans
{
    internal const string Columns = "id VARCHAR PRIMARY KEY, user_id VARCHAR, user_query TEXT, status VARCHAR, created_at DATETIME, completed_at DATETIME, agent_responses TEXT, conversation_metadata TEXT, total_cost FLOAT, error_message TEXT";

    internal static string Create(TempFolder folder, string statements, string columns = Columns, string suffix = "")
    {
        var path = folder.File("app.db");
        Sqlite3.Run(path, $"CREATE TABLE conversations ({columns}){suffix}; {statements}");
        return path;
    }

    /// <summary>A row with a query; the two times as SQL expressions.</summary>
    internal static string Row(string id, string createdAt = "NULL", string completedAt = "NULL", string query = "'q'")
        => $"INSERT INTO conversations (id, user_query, created_at, completed_at) VALUES ({id}, {query}, {createdAt}, {completedAt});";

    internal static MeasuredPlan Measure(string path, PlanOptions? options = null, ConversionSettings? target = null, SqliteReadLimits? limits = null)
    {
        using var source = SqliteSource.Open(new SwarmDatabase(DatabaseEngine.Sqlite) { Path = path }, TestContext.Current.CancellationToken, limits);
        return PlanBuilder.Build(source, target ?? ConversionSettings.ForNewTable(), options ?? new PlanOptions(), progress: null, TestContext.Current.CancellationToken);
    }

    internal static PlannedRule Rule(this MigrationPlan plan, ConversationColumn column, ConversionRule rule)
        => Assert.Single(plan.Rules, planned => planned.Column == column && planned.Rule == rule);
}
