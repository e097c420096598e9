using System.Text.RegularExpressions;

namespace MarketingSwarm.Engine.Schemas;

/// <summary>Decides whether a table gives its rows away whole, and whether it can take rows unchanged.</summary>
internal static partial class SchemaCompatibility
{
    /// <summary>Looks whether every cell of the table can be read and carried.</summary>
    /// <exception cref="SwarmSchemaException">It cannot; all reasons are named.</exception>
    internal static void CheckSource(DatabaseSchema schema)
    {
        var problems = FindProblems(schema, isTarget: false);
        if (problems.Count > 0) throw Errors.SourceTableUnsuitable(schema, problems);
    }

    /// <summary>Looks whether the table can hold every row unchanged and tell its rows apart.</summary>
    /// <exception cref="SwarmSchemaException">It cannot; all reasons are named.</exception>
    internal static void CheckTarget(DatabaseSchema schema)
    {
        var problems = FindProblems(schema, isTarget: true);
        if (problems.Count > 0) throw Errors.TargetTableUnsuitable(schema, problems);
    }

    /// <summary>Everything that stands in the way, and what to do about each.</summary>
    internal static IReadOnlyList<SchemaProblem> FindProblems(DatabaseSchema schema, bool isTarget)
    {
        var problems = new List<SchemaProblem>();
        AddMissingColumns(schema, problems);
        foreach (var column in schema.Columns)
        {
            if (FindOwnColumn(schema, column) is { } own) AddColumnProblems(schema, column, own, isTarget, problems);
            else if (!column.IsGenerated) AddUnknownColumn(schema, column, isTarget, problems);
        }

        if (isTarget) AddTargetProblems(schema, problems);
        return problems;
    }

    /// <summary>Whether the index makes ids unique for every row at once, so that a clash can be found and skipped.</summary>
    internal static bool IsKey(DatabaseSchema schema, SchemaIndex index)
        => index.IsUnique && index.IsValid && index.IsImmediate && index.Condition is null
            && index.Keys is [{ Column: { } column } key]
            && schema.NameComparer.Equals(column, ConversationTable.NameOf(ConversationColumn.Id))
            && (schema.Database.Engine != DatabaseEngine.Sqlite || key.Collation is null);

    /// <summary>Why a PostgreSQL column cannot hold the data unchanged, and the type to give it; <see langword="null"/> where it can.</summary>
    internal static (string Reason, string Remedy)? FindTypeProblem(ConversationColumn column, string type)
    {
        if (ConversationTable.IsTimestamp(column)) return FindTimeProblem(type);
        if (column == ConversationColumn.TotalCost) return FindCostProblem(type);
        return FindTextProblem(column, type);
    }

    private static (string Reason, string Remedy)? FindTextProblem(ConversationColumn column, string type)
    {
        var remedy = column is ConversationColumn.Id or ConversationColumn.UserId or ConversationColumn.Status ? "varchar" : "text";
        return type switch
        {
            "text" or "character varying" => null,
            "json" => ("the application's INSERT and UPDATE fail on it, for they send text; and it refuses text that Python's json writes", remedy),
            "jsonb" => ("the application's INSERT and UPDATE fail on it, for they send text; and it rewrites the JSON, dropping spaces, order and duplicate keys", remedy),
            "uuid" => ("not every id is a UUID, and upper case would be lost", remedy),
            "integer" or "bigint" or "smallint" => ("it holds whole numbers only", remedy),
            _ when LimitedVarchar().Match(type) is { Success: true } match => ($"longer text is refused, and SQLite enforces no limit of {match.Groups[1].Value} characters", remedy),
            _ when type.StartsWith("character(", StringComparison.Ordinal) || type == "\"char\"" => ("it pads text with spaces or cuts it off", remedy),
            _ => ("only text and varchar without a limit hold every text", remedy),
        };
    }

    private static (string Reason, string Remedy)? FindTimeProblem(string type)
    {
        const string Remedy = "timestamp without time zone";
        if (type is Remedy or "timestamp(6) without time zone") return null;
        if (LimitedTimestamp().Match(type) is { Success: true } match)
            return ($"it rounds to {match.Groups[1].Value} fraction digits, and the application writes 6", Remedy);
        if (type.EndsWith("with time zone", StringComparison.Ordinal))
            return ("sessions in different time zones write the application's naive UTC times hours apart", $"{Remedy} USING %I AT TIME ZONE 'UTC'");
        return ("only timestamp without time zone holds the application's naive UTC times", $"{Remedy} USING %I::{Remedy}");
    }

    private static (string Reason, string Remedy)? FindCostProblem(string type)
    {
        const string Remedy = "double precision";
        return type switch
        {
            Remedy => null,
            "real" => ("it keeps 6 digits of the application's 15", Remedy),
            "integer" or "bigint" or "smallint" => ("it rounds to whole numbers", Remedy),
            _ when type.StartsWith("numeric", StringComparison.Ordinal) => ("the application reads and writes a double; a numeric rounds it or gives another number back", Remedy),
            _ => ("only double precision holds the application's number", $"{Remedy} USING %I::{Remedy}"),
        };
    }

    private static void AddMissingColumns(DatabaseSchema schema, List<SchemaProblem> problems)
    {
        var missing = ConversationTable.ColumnNames.Where(name => schema.FindColumn(name) is null).ToList();
        if (missing.Count == 0) return;
        problems.Add(new SchemaProblem(
            missing.Count == 1 ? $"the column {missing[0]} is missing" : $"the columns {string.Join(", ", missing)} are missing",
            "Add what is missing with Update-SwarmDatabaseSchema.", IsAddable: true));
    }

    private static void AddColumnProblems(DatabaseSchema schema, SchemaColumn column, ConversationColumn own, bool isTarget, List<SchemaProblem> problems)
    {
        if (isTarget && column.IsGenerated)
            problems.Add(new SchemaProblem($"the column {column.Name} is computed by the database and cannot be written", "Make it an ordinary column."));
        if (schema.Database.Engine != DatabaseEngine.PostgreSql || FindTypeProblem(own, column.Type) is not var (reason, remedy)) return;
        problems.Add(new SchemaProblem(
            $"the column {column.Name} is {column.Type}: {reason}",
            $"Change it: ALTER TABLE {ConversationTable.Name} ALTER COLUMN {column.Name} TYPE {remedy.Replace("%I", column.Name, StringComparison.Ordinal)};"));
    }

    private static void AddUnknownColumn(DatabaseSchema schema, SchemaColumn column, bool isTarget, List<SchemaProblem> problems)
    {
        var name = SqlNames.QuoteIfNeeded(column.Name);
        var twin = ConversationTable.TryFind(column.Name, out var like) ? $" (it differs from {ConversationTable.NameOf(like)} in its spelling)" : "";
        if (isTarget)
        {
            var unfilled = column.Default is { } value ? $"with its default {value}" : column.IsNullable ? "NULL" : "without a value";
            problems.Add(new SchemaProblem(
                $"the column {name} is none of the application's ten{twin}; loading would leave it {unfilled}, and such a table is not loaded",
                "Load into a table without it, such as one that Initialize-SwarmDatabase makes in another database or schema."));
        }
        else
        {
            problems.Add(new SchemaProblem(
                $"the column {name} is none of the application's ten{twin}, and its values would be lost",
                $"Keep the values elsewhere, and read a copy of the database without the column: ALTER TABLE {ConversationTable.Name} DROP COLUMN {name};"));
        }
    }

    private static void AddTargetProblems(DatabaseSchema schema, List<SchemaProblem> problems)
    {
        if (schema.IsUnlogged)
            problems.Add(new SchemaProblem("the table is UNLOGGED: a crash of the server empties it", $"Change it: ALTER TABLE {ConversationTable.Name} SET LOGGED;"));

        if (schema.FindColumn(ConversationTable.NameOf(ConversationColumn.Id)) is not { } id) return;
        if (id.HasNondeterministicCollation)
        {
            problems.Add(new SchemaProblem(
                $"the collation {id.Collation} of id counts different ids as equal",
                $"Change it: ALTER TABLE {ConversationTable.Name} ALTER COLUMN id TYPE varchar COLLATE \"C\";"));
        }

        if (schema.Database.Engine == DatabaseEngine.Sqlite && IsRowId(schema, id))
        {
            problems.Add(new SchemaProblem("id is an INTEGER PRIMARY KEY, which holds whole numbers only", "Load into a table whose id is VARCHAR, such as one that Initialize-SwarmDatabase makes."));
        }
        else if (!schema.Indexes.Any(index => IsKey(schema, index)))
        {
            problems.Add(new SchemaProblem($"nothing keeps id unique{ExplainKey(schema)}", "Add the key with Update-SwarmDatabaseSchema.", IsAddable: true));
        }
    }

    /// <summary>Whether a SQLite column is another name of the rowid.</summary>
    internal static bool IsRowId(DatabaseSchema schema, SchemaColumn column)
        => !schema.IsWithoutRowId && column.PrimaryKeyPosition == 1 && column.Type.Equals("INTEGER", StringComparison.OrdinalIgnoreCase)
            && !schema.Indexes.Any(index => index.IsPrimaryKey);

    private static string ExplainKey(DatabaseSchema schema)
    {
        var index = schema.Indexes.FirstOrDefault(index => index.IsUnique
            && index.Keys is [{ Column: { } column }] && schema.NameComparer.Equals(column, ConversationTable.NameOf(ConversationColumn.Id)));
        if (index is null) return "";
        var reason = !index.IsValid ? "is invalid, left by a CREATE INDEX CONCURRENTLY that failed"
            : index.Condition is { } condition ? $"covers only the rows with {condition}"
            : !index.IsImmediate ? "is DEFERRABLE"
            : $"has the collation {index.Keys[0].Collation}, which counts different ids as equal";
        return $": the index {index.Name} {reason}";
    }

    private static ConversationColumn? FindOwnColumn(DatabaseSchema schema, SchemaColumn column)
    {
        var position = Array.FindIndex(ConversationTable.ColumnNames, name => schema.NameComparer.Equals(name, column.Name));
        return position < 0 ? null : (ConversationColumn)position;
    }

    [GeneratedRegex(@"^character varying\((\d+)\)$", RegexOptions.CultureInvariant)]
    private static partial Regex LimitedVarchar();

    [GeneratedRegex(@"^timestamp\((\d)\) without time zone$", RegexOptions.CultureInvariant)]
    private static partial Regex LimitedTimestamp();
}

/// <summary>Something that a table is or lacks, and what to do about it.</summary>
/// <param name="Text">A clause that can follow a colon.</param>
/// <param name="RecommendedAction">A sentence.</param>
/// <param name="IsAddable">Whether Update-SwarmDatabaseSchema puts an end to it.</param>
internal sealed record SchemaProblem(string Text, string RecommendedAction, bool IsAddable = false);
