using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using MarketingSwarm.Engine.Schemas;
using MarketingSwarm.Engine.Sqlite;

namespace MarketingSwarm.Engine.Migration;

/// <summary>
///   What a run keeps of the source's schema, so that a file of the same can be made: a JSON array of statements, the CREATE TABLE first,
///   then each CREATE INDEX, as <c>sqlite_master</c> has them.
/// </summary>
internal static class SourceDefinition
{
    private static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The schema of a file whose runs kept none: the table that Initialize-SwarmDatabase makes.</summary>
    internal static IReadOnlyList<string> Default { get; } =
        [TableShape.GetCreateTable(DatabaseEngine.Sqlite), .. TableShape.IndexedColumns.Select(TableShape.GetCreateIndex)];

    /// <summary>Reads the statements of an open file's table.</summary>
    /// <exception cref="SwarmDatabaseException">The file is locked, damaged, or has no such table.</exception>
    internal static string Read(SqliteSource source, CancellationToken cancellationToken)
    {
        source.BeginRange(cancellationToken);
        try
        {
            using var query = source.Prepare(
                """
                SELECT sql FROM main.sqlite_master
                WHERE type IN ('table', 'index') AND tbl_name = ?1 COLLATE NOCASE AND sql IS NOT NULL ORDER BY type = 'index', name
                """);
            query.Bind(1, ConversationTable.Name);
            var statements = new List<string>();
            while (query.Step()) statements.Add(Encoding.UTF8.GetString(query.GetText(0)));
            return statements.Count > 0 ? JsonSerializer.Serialize(statements, Options) : throw Errors.SqliteTableNotFound(source.Database);
        }
        finally
        {
            source.EndRange();
        }
    }

    /// <summary>The statements that a run kept.</summary>
    internal static IReadOnlyList<string> Parse(string definition) => JsonSerializer.Deserialize<string[]>(definition)!;
}
