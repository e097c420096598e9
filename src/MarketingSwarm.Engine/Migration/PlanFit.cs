namespace MarketingSwarm.Engine.Migration;

/// <summary>Whether a source is still what an approved plan was made for.</summary>
internal static class PlanFit
{
    /// <summary>Compares an approved plan with what the source needs now, measured under the approved policy, forms and units.</summary>
    /// <exception cref="SwarmConfigurationException">The table, the encoding or a kind of cell is none that was approved.</exception>
    internal static void Check(MigrationPlan approved, MigrationPlan measured)
    {
        if (approved.DefinitionSha256 != measured.DefinitionSha256) throw Errors.PlanNoLongerFits(measured, "its table is declared otherwise than the plan has it");
        if (approved.Encoding != measured.Encoding) throw Errors.PlanNoLongerFits(measured, $"its text is stored as {measured.Encoding}, and the plan has {approved.Encoding}");
        PlannedRule[] unplanned = [.. measured.Rules.Where(rule => !approved.Allows(rule.Column, rule.Rule, rule.Outcome))];
        if (unplanned.Length > 0) throw Errors.PlanNoLongerFits(measured.Source, unplanned);
    }

    /// <summary>The first thing decided on a row that the plan does not foresee.</summary>
    /// <returns><see langword="null"/> where all of it was approved.</returns>
    internal static PlannedRule? FindUnplanned(MigrationPlan approved, ConversationImage row, long? rowId, Conversion.RowVerdict verdict)
    {
        if (verdict.RowRule is { } rule)
        {
            return approved.Allows(verdict.RowColumn, rule, CellOutcome.RowQuarantined)
                ? null
                : ToRule(row, rowId, verdict.RowColumn, rule, CellOutcome.RowQuarantined, verdict.RowReason);
        }

        foreach (var cell in verdict.Cells)
        {
            if (!approved.Allows(cell.Column, cell.Rule, cell.Outcome)) return ToRule(row, rowId, cell.Column, cell.Rule, cell.Outcome, cell.Reason);
        }

        return null;
    }

    private static PlannedRule ToRule(ConversationImage row, long? rowId, ConversationColumn column, ConversionRule rule, CellOutcome outcome, string reason) => new()
    {
        Column = column,
        Rule = rule,
        Outcome = outcome,
        Count = 1,
        Reason = reason,
        Example = PlanStatistics.DescribeExample(row, rowId, column),
    };
}
