using MarketingSwarm.Engine.Schemas;

namespace MarketingSwarm.Engine.Conversion;

/// <summary>All that decides how a row is stored: the plan's forms and policy, and what the target's columns take.</summary>
internal sealed class ConversionSettings
{
    // A B-tree's entry has at most 2,704 bytes on a page of 8 KB: 8 of its header, 4 of the value's, the rest the value, in eights
    // (BTMaxItemSize and index_form_tuple). A longer one may still fit where it compresses; nobody can say so before.
    internal const int GreatestIndexedLength = 2704 - 8 - 4;

    /// <summary>The form in which <c>created_at</c> is spelled unless the residue says otherwise.</summary>
    internal TimestampForm CreatedAtForm { get; init; }

    /// <summary>The same of <c>completed_at</c>.</summary>
    internal TimestampForm CompletedAtForm { get; init; }

    /// <summary>The forms of numbers that somebody approved for <c>created_at</c>.</summary>
    internal IReadOnlyCollection<TimestampForm> CreatedAtUnits { get; init; } = [];

    /// <summary>The same for <c>completed_at</c>.</summary>
    internal IReadOnlyCollection<TimestampForm> CompletedAtUnits { get; init; } = [];

    /// <summary>What to do with what has no home.</summary>
    internal ConversionPolicy Policy { get; init; } = ConversionPolicy.Default;

    /// <summary>
    ///   Whether a key that is not text may become text: only where it is known, row by row, that no other row then has the same
    ///   (<see cref="ClashingRows"/>). Otherwise its row is quarantined.
    /// </summary>
    internal bool ConvertsKeys { get; init; }

    /// <summary>The rowids of rows whose key another row has too, once both are text; of each group one row is not among them, and stays.</summary>
    internal IReadOnlySet<long> ClashingRows { get; init; } = new HashSet<long>();

    /// <summary>For each column whether the target refuses NULL there.</summary>
    internal required bool[] IsRequired { get; init; }

    /// <summary>For each column the greatest length in bytes of a text that the target's indexes take.</summary>
    internal required int[] GreatestLength { get; init; }

    internal TimestampForm GetForm(ConversationColumn column) => column == ConversationColumn.CreatedAt ? CreatedAtForm : CompletedAtForm;

    internal bool IsApproved(ConversationColumn column, TimestampForm unit)
        => (column == ConversationColumn.CreatedAt ? CreatedAtUnits : CompletedAtUnits).Contains(unit);

    /// <summary>Settings for a target's table, with the defaults for all else.</summary>
    internal static ConversionSettings ForTarget(DatabaseSchema schema) => new() { IsRequired = ReadRequired(schema), GreatestLength = ReadLengths(schema) };

    /// <summary>For each column whether the table refuses NULL there.</summary>
    internal static bool[] ReadRequired(DatabaseSchema schema) => [.. ConversationTable.ColumnNames.Select(name => !schema.FindColumn(name)!.IsNullable)];

    /// <summary>For each column the greatest length that the table's indexes take.</summary>
    internal static int[] ReadLengths(DatabaseSchema schema)
    {
        var lengths = new int[ConversationTable.ColumnCount];
        Array.Fill(lengths, int.MaxValue);
        foreach (var index in schema.Indexes)
        {
            // Each of several columns gets its share of the entry.
            var share = GreatestIndexedLength / Math.Max(1, index.Keys.Count);
            foreach (var key in index.Keys)
            {
                if (key.Column is { } name && ConversationTable.TryFind(name, out var column)) lengths[(int)column] = Math.Min(lengths[(int)column], share);
            }
        }

        return lengths;
    }

    /// <summary>The same for the table that Initialize-SwarmDatabase makes.</summary>
    internal static ConversionSettings ForNewTable() => new()
    {
        IsRequired = [.. TableShape.Columns.Select(column => column.IsRequired)],
        GreatestLength =
        [
            .. from column in TableShape.Columns
               select column.Column == ConversationColumn.Id || TableShape.IndexedColumns.Contains(column.Column) ? GreatestIndexedLength : int.MaxValue,
        ],
    };

    /// <summary>The same settings with other conversions.</summary>
    internal ConversionSettings With(
        ConversionPolicy policy, (TimestampForm Form, IReadOnlyCollection<TimestampForm> Units) createdAt,
        (TimestampForm Form, IReadOnlyCollection<TimestampForm> Units) completedAt, IReadOnlySet<long>? clashingRows) => new()
        {
            IsRequired = IsRequired,
            GreatestLength = GreatestLength,
            Policy = policy,
            CreatedAtForm = createdAt.Form,
            CreatedAtUnits = createdAt.Units,
            CompletedAtForm = completedAt.Form,
            CompletedAtUnits = completedAt.Units,
            ConvertsKeys = clashingRows is not null,
            ClashingRows = clashingRows ?? new HashSet<long>(),
        };
}
