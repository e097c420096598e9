using System.Globalization;
using System.Text;
using MarketingSwarm.Engine.Migration;
using MarketingSwarm.Engine.Postgres;
using MarketingSwarm.Engine.Proof;
using MarketingSwarm.Engine.Tests.Checks;
using MarketingSwarm.Engine.Tests.Sqlite;

namespace MarketingSwarm.Engine.Tests.Proof;

/// <summary>
///   A SQLite file with rows that PostgreSQL cannot hold, and a target in which they are as a run should have put them: written by
///   psql from constants, and by nothing of the module's.
/// </summary>
internal sealed class LoadedRun : IAsyncDisposable
{
    internal const string SourceTable = """
        CREATE TABLE conversations (
            id VARCHAR PRIMARY KEY, user_id VARCHAR, user_query TEXT NOT NULL, status VARCHAR, created_at DATETIME, completed_at DATETIME,
            agent_responses TEXT, conversation_metadata TEXT, total_cost FLOAT, error_message TEXT);
        """;

    internal const string TargetTable = """
        CREATE TABLE conversations (
            id varchar, user_id varchar, user_query text NOT NULL, status varchar, created_at timestamp, completed_at timestamp,
            agent_responses text, conversation_metadata text, total_cost double precision, error_message text);
        """;

    // The same statement fills both: each reads the literals in its own way.
    private const string PlainRows = """
        INSERT INTO conversations (id, user_id, user_query, status, created_at, completed_at, agent_responses, conversation_metadata, total_cost, error_message) VALUES
            ('a', 'u1', 'What now?', 'completed', '2025-06-18 18:50:05.000001', '2025-06-18 18:51:00', '[]', '{}', 0.1, NULL),
            ('b', 'u2', 'Same again ', 'active', '2025-06-18 18:50:06.000000', NULL, '[]', '{}', 1.5, ''),
            ('B', NULL, 'käse 🧀', 'failed', '2024-02-29 00:00:00.000000', '2024-02-29 00:00:00.500000', NULL, '', 0.0, 'x'),
            ('kilo', 'u1', 'swap me', 'with me', '2025-06-18 18:50:07.000001', NULL, '[1]', '{"a": 1}', 2.25, NULL);
        """;

    private const string SpecialRows = """
        INSERT INTO conversations (rowid, id, user_id, user_query, status, created_at, completed_at, agent_responses, conversation_metadata, total_cost, error_message) VALUES
            (10, 's', 'u1', 'q', 'active', 1750272605, '2025-06-18T18:50:05+05:30', CAST(x'610062' AS TEXT), '{}', 'abc', x'00FF10'),
            (11, NULL, 'u1', 'no key', 'active', '2025-06-18 18:50:05.000001', NULL, '[]', '{}', 0.5, NULL),
            (12, x'6465', 'u1', 'a key of bytes', 'active', '2025-06-18 18:50:05', NULL, '[]', '{}', 0.5, NULL),
            (13, 'n', x'C3A4', 'invalid', 'active', '2025-06-18 18:50:05.000001', '2025-06-18 18:50:05.1234567', CAST(x'41FF' AS TEXT), '{}', 0.5, NULL);
        """;

    private readonly TempFolder _folder = new();

    private LoadedRun(TestDatabase database)
    {
        Database = database;
        Path = _folder.File("app.db");
    }

    internal TestDatabase Database { get; }

    internal string Path { get; }

    internal TempFolder Folder => _folder;

    internal Guid RunId { get; } = Guid.NewGuid();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    internal static async Task<LoadedRun> CreateAsync(PostgresServer server)
    {
        var run = new LoadedRun(await server.CreateDatabaseAsync());
        Sqlite3.Run(run.Path, SourceTable + PlainRows + SpecialRows);
        await using (var connection = await PostgresConnector.OpenAsync(run.Database.ToSwarm(), Token))
        {
            await using var transaction = await connection.BeginTransactionAsync(Token);
            await LedgerSchema.EnsureAsync(connection, Token);
            await transaction.CommitAsync(Token);
        }

        run.Database.Psql(TargetTable + $"""
            INSERT INTO swarm_migration.run (run_id, kind, state, table_schema, table_name, is_new_table, source, plan, module_version)
                VALUES ('{run.RunId}', 'Migration', 'Loaded', 'public', 'conversations', true, 'app.db', '', '0');
            BEGIN;
            {PlainRows}
            INSERT INTO conversations VALUES
                ('s', 'u1', 'q', 'active', NULL, '2025-06-18 13:20:05', NULL, '{"{}"}', NULL, NULL),
                ('de', 'u1', 'a key of bytes', 'active', '2025-06-18 18:50:05', NULL, '[]', '{"{}"}', 0.5, NULL),
                ('n', 'ä', 'invalid', 'active', '2025-06-18 18:50:05.000001', '2025-06-18 18:50:05.123457', NULL, '{"{}"}', 0.5, NULL);
            INSERT INTO swarm_migration.chunk VALUES ('{run.RunId}', 1, 0, NULL, '', '', NULL, NULL, 8, 7, 0, 1, 0, 0, 0, '', '', NULL);
            {run.Entry(10, 's', "created_at", "Quarantined", "TimestampUnitNotApproved", "Integer", "0000000068530a5d")}
            {run.Entry(10, 's', "completed_at", "Converted", "TimestampOffset", "Text", Hex("2025-06-18T18:50:05+05:30"), "timestamp_send('2025-06-18 13:20:05')")}
            {run.Entry(10, 's', "agent_responses", "Quarantined", "NulCharacter", "Text", "610062")}
            {run.Entry(10, 's', "total_cost", "Quarantined", "NotANumber", "Text", Hex("abc"))}
            {run.Entry(10, 's', "error_message", "Quarantined", "BlobNotText", "Blob", "00FF10")}
            {run.QuarantinedRow(11, ("Null", ""), ("Text", Hex("u1")), ("Text", Hex("no key")), ("Text", Hex("active")), ("Text", Hex("2025-06-18 18:50:05.000001")),
                ("Null", ""), ("Text", Hex("[]")), ("Text", Hex("{}")), ("Real", "3fe0000000000000"), ("Null", ""))}
            {run.Entry(12, "de", "id", "Converted", "BlobAsText", "Blob", "6465", "'\\x6465'")}
            {run.Entry(12, "de", "created_at", "Converted", "TimestampSpelling", "Text", Hex("2025-06-18 18:50:05"), "timestamp_send('2025-06-18 18:50:05')")}
            {run.Entry(13, "n", "user_id", "Converted", "BlobAsText", "Blob", "C3A4", "'\\xC3A4'")}
            {run.Entry(13, "n", "completed_at", "Converted", "TimestampRounded", "Text", Hex("2025-06-18 18:50:05.1234567"), "timestamp_send('2025-06-18 18:50:05.123457')")}
            {run.Entry(13, "n", "agent_responses", "Quarantined", "InvalidText", "Text", "41FF")}
            COMMIT;
            """);
        return run;
    }

    internal async Task<ProofResult> ProveAsync(Func<ProofPlan, ProofPlan>? change = null)
    {
        using var source = MarketingSwarm.Engine.Sqlite.SqliteSource.Open(SqliteFiles.At(Path), Token);
        var plan = new ProofPlan { RunId = RunId, QualifiedTable = "public.conversations" };
        return await MigrationProver.ProveAsync(source, Database.ToSwarm(), change?.Invoke(plan) ?? plan, null, Token);
    }

    internal async Task<(List<ConversationDifference> Differences, ComparisonSummary Summary)> CompareAsync(bool hashOnServer = false)
        => await CompareAsync(SqliteFiles.At(Path), Database.ToSwarm(), hashOnServer);

    internal static async Task<(List<ConversationDifference> Differences, ComparisonSummary Summary)> CompareAsync(
        SwarmDatabase source, SwarmDatabase destination, bool hashOnServer = false)
    {
        using var comparison = await ConversationComparison.OpenAsync(source, destination, [], hashOnServer, Token);
        return ([.. comparison.Compare(Token).SelectMany(row => row.ToDifferences())], comparison.CreateSummary());
    }

    internal static string Describe(ConversationDifference difference) => string.Create(
        CultureInfo.InvariantCulture,
        $"{difference.Kind} {difference.Id ?? $"#{difference.RowId}"} {difference.Column ?? "row"}: {difference.SourceValue} / {difference.DestinationValue}");

    internal string Entry(long rowId, object id, string column, string outcome, string rule, string storageClass, string hex, string? stored = null)
        => $"""
        INSERT INTO swarm_migration.residue VALUES ('{RunId}', 1, {rowId}, '{column}', {rowId}, '{id}', '{outcome}', '{rule}', 'because', '{storageClass}', {(storageClass == "Null" ? "NULL" : $"'\\x{hex}'")}, {stored ?? "NULL"});
        """;

    public async ValueTask DisposeAsync()
    {
        _folder.Dispose();
        await Database.DisposeAsync();
    }

    private static string Hex(string text) => Convert.ToHexString(Encoding.UTF8.GetBytes(text));

    private string QuarantinedRow(long rowId, params (string StorageClass, string Hex)[] cells)
        => string.Concat(cells.Select((cell, i) => Entry(rowId, "", ConversationTable.ColumnNames[i], "RowQuarantined", "KeyNull", cell.StorageClass, cell.Hex)))
            .Replace($"{rowId}, '', 'Row", $"{rowId}, NULL, 'Row", StringComparison.Ordinal);
}
