using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;

namespace MarketingSwarm.Commands;

/// <summary>Asks whoever sits there whether numbers in a column of times are times in the unit that their size suggests.</summary>
internal static class UnitApproval
{
    /// <summary>Asks for each column and unit that a plan has no approval for.</summary>
    /// <returns>What was approved; nothing where nobody is there to ask, so that such cells are quarantined.</returns>
    internal static IReadOnlyDictionary<ConversationColumn, IReadOnlyList<TimestampForm>> Ask(PSCmdlet cmdlet, MigrationPlan plan)
    {
        var approved = new Dictionary<ConversationColumn, IReadOnlyList<TimestampForm>>();
        foreach (var column in plan.Columns)
        {
            // Integers and reals of one unit are one question.
            var units = from count in column.Forms ?? []
                        where count.Form is TimestampForm.EpochSeconds or TimestampForm.EpochMilliseconds or TimestampForm.EpochMicroseconds or TimestampForm.JulianDay
                        where !column.ApprovedUnits!.Contains(count.Form)
                        group count by count.Form;
            foreach (var unit in units)
            {
                if (TryAsk(cmdlet, column, unit.First(), unit.Sum(count => count.Count)) is not { } isApproved) return approved;
                if (isApproved) approved[column.Column] = [.. approved.GetValueOrDefault(column.Column, []), unit.Key];
            }
        }

        return approved;
    }

    private static bool? TryAsk(PSCmdlet cmdlet, ColumnPlan column, TimestampFormCount sample, long count)
    {
        try
        {
            var choice = cmdlet.Host.UI.PromptForChoice(
                $"Numbers in {column}",
                string.Create(
                    CultureInfo.CurrentCulture,
                    $"{count:N0} cells of {column} look like times as {sample.Form}: {sample.Sample} would be {sample.Reading}. Take them as such? Otherwise they are quarantined."),
                [new ChoiceDescription("&Yes", "Store them as times, and their numbers in the residue unless the column's form gives them back."), new ChoiceDescription("&No", "Store NULL, and the numbers in the residue.")],
                defaultChoice: 1);
            return choice == 0;
        }
        catch (Exception exception) when (exception is HostException or PSInvalidOperationException or NotImplementedException or NotSupportedException or NullReferenceException)
        {
            // The last is pwsh's own where its input has ended.
            return null;
        }
    }
}
