using System.Globalization;

namespace MarketingSwarm.Commands;

/// <summary>What the view of a plan shows; in the user's culture, for reading only.</summary>
public static class PlanFormatting
{
    /// <summary>What will happen to the rows and the cells.</summary>
    public static string FormatOutcome(MigrationPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (plan.Rules.Count == 0) return string.Create(CultureInfo.CurrentCulture, $"all {plan.Rows:N0} rows are stored as they are");
        var rows = plan.RowsQuarantined == 0
            ? string.Create(CultureInfo.CurrentCulture, $"all {plan.Rows:N0} rows are loaded")
            : string.Create(CultureInfo.CurrentCulture, $"{plan.RowsLoaded:N0} of {plan.Rows:N0} rows are loaded, {plan.RowsQuarantined:N0} quarantined");
        return string.Create(CultureInfo.CurrentCulture, $"{rows}; in them {plan.CellsConverted:N0} cells are converted, {plan.CellsQuarantined:N0} quarantined");
    }

    /// <summary>The rules with an outcome, one a line: how many cells or rows of which column, why, and a row as an example.</summary>
    public static string FormatRules(MigrationPlan plan, CellOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var rules = plan.Rules.Where(rule => rule.Outcome == outcome).ToList();
        var counts = rules.ConvertAll(rule => rule.Count.ToString("N0", CultureInfo.CurrentCulture));
        var width = counts.Max(count => count?.Length) ?? 0;
        return string.Join('\n', rules.Select((rule, index) =>
            $"{counts[index].PadLeft(width)} {ConversationTable.NameOf(rule.Column)}: {rule.Reason} ({NameRow(rule.Example)})"));
    }

    /// <summary>The columns, one a line, with what is out of the ordinary in them.</summary>
    public static string FormatColumns(MigrationPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var width = plan.Columns.Max(column => column.ToString().Length);
        return string.Join('\n', plan.Columns.Select(column => $"{column.ToString().PadRight(width)}  {string.Join(", ", Describe(column))}"));
    }

    /// <summary>The policies that are not the default.</summary>
    public static string FormatPolicy(MigrationPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var policy = plan.Policy;
        return policy == ConversionPolicy.Default
            ? "the defaults"
            : $"NUL {policy.OnNul}, invalid text {policy.OnInvalidText}, NULL key {policy.OnNullKey}, offset {policy.OnOffset}, long fraction {policy.OnLongFraction}";
    }

    /// <summary>The size of the source and how it stores it.</summary>
    public static string FormatSource(MigrationPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return string.Create(
            CultureInfo.CurrentCulture,
            $"{plan.Rows:N0} rows, {plan.CellBytes / 1e6:N1} MB, {plan.Encoding}, journal mode {plan.JournalMode}, measured {plan.CreatedAt.ToLocalTime():g}");
    }

    private static string NameRow(PlannedExample example)
        => example.RowId is { } number ? string.Create(CultureInfo.InvariantCulture, $"rowid {number}") : $"row '{example.Id}'";

    private static IEnumerable<string> Describe(ColumnPlan column)
    {
        var isReal = column.Column == ConversationColumn.TotalCost;
        if (column.MaxLength is { } greatest && column.Form is null && !isReal) yield return Count(greatest, "bytes at most");
        if (column.Form is { } form) yield return $"form {form}";
        if (column.ApprovedUnits is { Count: > 0 } units) yield return $"approved {string.Join(" and ", units)}";
        foreach (var (count, name) in new[]
        {
            (column.Nulls, "NULL"), (column.Integers, "integers"), (isReal ? 0 : column.Reals, "reals"), (isReal ? column.Texts : 0, "texts"), (column.Blobs, "BLOBs"),
            (column.Empty, "empty"), (column.OverLong, "too long for an index"), (column.NulTexts, "with NUL"), (column.InvalidTexts, "not UTF-8"),
            (column.Clashing, "clashing keys"), (column.Json?.Invalid ?? 0, "not JSON"), (column.Json?.PythonOnly ?? 0, "with Python's NaN or Infinity"),
            (column.Json?.NulEscapes ?? 0, "with \\u0000"), (column.Json?.LoneSurrogates ?? 0, "with lone surrogates"), (column.Json?.DuplicateKeys ?? 0, "with duplicate keys"),
        })
        {
            if (count > 0) yield return Count(count, name);
        }

        if (column.Forms is not { Count: > 0 } forms) yield break;
        yield return string.Join(", ", from count in forms
                                       where count.Form != TimestampForm.None
                                       group count.Count by count.Form into counts
                                       select Count(counts.Sum(), counts.Key.ToString()));
    }

    private static string Count(long count, string name) => string.Create(CultureInfo.CurrentCulture, $"{count:N0} {name}");
}
