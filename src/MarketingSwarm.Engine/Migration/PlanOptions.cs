using System.Collections;

namespace MarketingSwarm.Engine.Migration;

/// <summary>What a user decides on a plan.</summary>
internal sealed record PlanOptions
{
    internal static readonly ConversationColumn[] TimeColumns = [ConversationColumn.CreatedAt, ConversationColumn.CompletedAt];

    internal ConversionPolicy Policy { get; init; } = ConversionPolicy.Default;

    /// <summary>The forms of columns that are not to be chosen by what the source has.</summary>
    internal IReadOnlyDictionary<ConversationColumn, TimestampForm> Forms { get; init; } = new Dictionary<ConversationColumn, TimestampForm>();

    /// <summary>The forms of numbers that are taken as times.</summary>
    internal IReadOnlyDictionary<ConversationColumn, IReadOnlyList<TimestampForm>> Units { get; init; } = new Dictionary<ConversationColumn, IReadOnlyList<TimestampForm>>();

    /// <summary>What an approved plan decided.</summary>
    internal static PlanOptions From(MigrationPlan plan) => new()
    {
        Policy = plan.Policy,
        Forms = TimeColumns.ToDictionary(column => column, column => plan.GetColumn(column).Form!.Value),
        Units = TimeColumns.ToDictionary(column => column, column => plan.GetColumn(column).ApprovedUnits!),
    };

    /// <summary>Reads a hashtable of a form for each column.</summary>
    /// <exception cref="SwarmConfigurationException">A key is no column of times, or a value no form that a column can have.</exception>
    internal static IReadOnlyDictionary<ConversationColumn, TimestampForm> ReadForms(IDictionary table, string parameter)
        => Read(table, parameter, Conversion.TimestampText.HasOneSpelling).ToDictionary(
            entry => entry.Key, entry => entry.Value is [var form] ? form : throw Errors.PlanFormNotOne(parameter, ConversationTable.NameOf(entry.Key)));

    /// <summary>Reads a hashtable of forms of numbers for each column.</summary>
    /// <exception cref="SwarmConfigurationException">A key is no column of times, or a value no form of a number.</exception>
    internal static IReadOnlyDictionary<ConversationColumn, IReadOnlyList<TimestampForm>> ReadUnits(IDictionary table, string parameter)
        => Read(table, parameter, Conversion.TimestampText.IsNumeric);

    private static Dictionary<ConversationColumn, IReadOnlyList<TimestampForm>> Read(IDictionary table, string parameter, Func<TimestampForm, bool> isAllowed)
    {
        var all = new Dictionary<ConversationColumn, IReadOnlyList<TimestampForm>>();
        foreach (DictionaryEntry entry in table)
        {
            if (!ConversationTable.TryFind(entry.Key.ToString()!, out var column) || !ConversationTable.IsTimestamp(column))
                throw Errors.PlanColumnNotATime(parameter, entry.Key);
            var values = entry.Value is string or not IEnumerable ? [entry.Value] : ((IEnumerable)entry.Value).Cast<object?>();
            List<TimestampForm> forms =
            [
                .. from value in values
                   select Enum.TryParse<TimestampForm>(value?.ToString(), ignoreCase: true, out var form) && Enum.IsDefined(form) && isAllowed(form)
                       ? form
                       : throw Errors.PlanFormUnknown(parameter, ConversationTable.NameOf(column), value, Enum.GetValues<TimestampForm>().Where(isAllowed)),
            ];
            if (!all.TryAdd(column, [.. forms.Distinct()])) throw Errors.PlanColumnTwice(parameter, ConversationTable.NameOf(column));
        }

        return all;
    }
}
