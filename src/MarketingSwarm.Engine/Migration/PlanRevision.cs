using MarketingSwarm.Engine.Conversion;

namespace MarketingSwarm.Engine.Migration;

/// <summary>Puts a plan's rules right after its policy, forms or approved units were changed, from its counts alone.</summary>
internal static class PlanRevision
{
    /// <summary>The settings by which a plan's rows are converted.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="target">What the target's columns take.</param>
    /// <param name="clashingRows">The rows whose keys clash, as found in the source today; <see langword="null"/> where the source has no rowids.</param>
    internal static ConversionSettings ToSettings(this MigrationPlan plan, ConversionSettings target, IReadOnlySet<long>? clashingRows)
    {
        return target.With(plan.Policy, Of(ConversationColumn.CreatedAt), Of(ConversationColumn.CompletedAt), clashingRows);

        (TimestampForm, IReadOnlyCollection<TimestampForm>) Of(ConversationColumn column) => (plan.GetColumn(column).Form!.Value, plan.GetColumn(column).ApprovedUnits!);
    }

    /// <summary>
    ///   The plan with the rules that its policy, forms and units lead to. Where the policy was changed, the counts of rules for texts and
    ///   keys stay, and what else comes of rows that are then loaded, or no longer, is known when the source is measured again.
    /// </summary>
    internal static MigrationPlan Revise(MigrationPlan plan)
    {
        var settings = plan.ToSettings(ConversionSettings.ForNewTable(), clashingRows: null);
        var rules = plan.Rules.Where(rule => !ConversationTable.IsTimestamp(rule.Column) || rule.Outcome == CellOutcome.RowQuarantined);
        if (plan.Policy != plan.MeasuredPolicy) rules = rules.Select(rule => Revise(rule, plan));
        return plan with
        {
            MeasuredPolicy = plan.Policy,
            Rules = Order([.. rules, .. PlanOptions.TimeColumns.SelectMany(column => PlanTimes.ToRules(plan.GetColumn(column), settings))]),
        };
    }

    /// <summary>The plan with units approved, and the forms chosen anew that were not given.</summary>
    internal static MigrationPlan Approve(
        MigrationPlan plan, IReadOnlyDictionary<ConversationColumn, IReadOnlyList<TimestampForm>> units, IReadOnlyDictionary<ConversationColumn, TimestampForm> givenForms)
        => Revise(ChooseForms(
            plan with
            {
                Columns = [.. plan.Columns.Select(column => units.TryGetValue(column.Column, out var approved)
                    ? column with { ApprovedUnits = [.. column.ApprovedUnits!.Union(approved)] }
                    : column)],
            },
            givenForms));

    /// <summary>The plan with the form of each column of times that covers most of it, or the one given.</summary>
    internal static MigrationPlan ChooseForms(MigrationPlan plan, IReadOnlyDictionary<ConversationColumn, TimestampForm> givenForms)
    {
        return plan with
        {
            Columns = [.. plan.Columns.Select(column => column.Form is null ? column : column with
            {
                Form = givenForms.TryGetValue(column.Column, out var given) ? given : PlanTimes.ChooseForm(column, form => WithForm(column, form)),
            })],
        };

        ConversionSettings WithForm(ColumnPlan column, TimestampForm form)
            => ConversionSettings.ForNewTable().With(plan.Policy, (form, column.ApprovedUnits!), (form, column.ApprovedUnits!), clashingRows: null);
    }

    // What somebody should look at first.
    private static PlannedRule[] Order(IEnumerable<PlannedRule> rules)
        => [.. rules.OrderByDescending(rule => rule.Outcome).ThenBy(rule => rule.Column).ThenBy(rule => rule.Rule)];

    private static PlannedRule Revise(PlannedRule rule, MigrationPlan plan)
    {
        var (now, then) = (plan.Policy, plan.MeasuredPolicy);
        return rule.Rule switch
        {
            ConversionRule.KeyNull when now.OnNullKey == NullKeyAction.Generate && plan.HasRowId
                => rule with { Rule = ConversionRule.KeyGenerated, Outcome = CellOutcome.Converted },
            ConversionRule.KeyGenerated when now.OnNullKey == NullKeyAction.Quarantine
                => rule with { Rule = ConversionRule.KeyNull, Outcome = CellOutcome.RowQuarantined },
            ConversionRule.NulCharacter => ToCell(rule, plan, ConversionRule.NulCharacter, now.OnNul == NulAction.Quarantine),
            ConversionRule.RequiredValueMissing when rule.Cause == ConversionRule.NulCharacter
                => ToCell(rule, plan, ConversionRule.NulCharacter, now.OnNul == NulAction.Quarantine),
            ConversionRule.InvalidText when Differs() => ToCell(rule, plan, ConversionRule.InvalidText, now.OnInvalidText == InvalidTextAction.Quarantine),
            ConversionRule.RequiredValueMissing when rule.Cause == ConversionRule.InvalidText && Differs()
                => ToCell(rule, plan, ConversionRule.InvalidText, now.OnInvalidText == InvalidTextAction.Quarantine),
            _ => rule,
        };

        // Where text that is not valid was to be converted then and is now, one with a NUL stays what it was.
        bool Differs() => (now.OnInvalidText == InvalidTextAction.Quarantine) != (then.OnInvalidText == InvalidTextAction.Quarantine);
    }

    private static PlannedRule ToCell(PlannedRule rule, MigrationPlan plan, ConversionRule cause, bool isQuarantined)
        => !isQuarantined ? rule with { Rule = cause, Outcome = CellOutcome.Converted, Cause = null }
            : plan.GetColumn(rule.Column).IsRequired ? rule with { Rule = ConversionRule.RequiredValueMissing, Outcome = CellOutcome.RowQuarantined, Cause = cause }
            : rule with { Rule = cause, Outcome = CellOutcome.Quarantined };
}
