namespace MarketingSwarm.Engine.Proof;

/// <summary>Which spellings of a time in <c>created_at</c> and <c>completed_at</c> are the instant and nothing more.</summary>
internal abstract class TimeEquality
{
    private static readonly TimestampForm[] OwnForms = [TimestampForm.SixDigits, TimestampForm.NoFraction];

    private static readonly TimestampForm[] RunForms =
    [
        .. OwnForms, TimestampForm.IsoSixDigits, TimestampForm.IsoNoFraction, TimestampForm.IsoUtcSixDigits, TimestampForm.IsoUtcMilliseconds, TimestampForm.IsoUtcNoFraction,
    ];

    private static readonly TimestampForm[] Units = [TimestampForm.EpochSeconds, TimestampForm.EpochMilliseconds, TimestampForm.EpochMicroseconds];

    /// <summary>None: a time is its bytes, as between two SQLite files.</summary>
    internal static TimeEquality None { get; } = new Exact();

    /// <summary>The two that the application writes, where PostgreSQL takes part.</summary>
    internal static TimeEquality Application { get; } = new Any(OwnForms, []);

    /// <summary>Every form that a column can have by a plan, where a run loaded the table: a cell in its column's form has no entry in the residue.</summary>
    internal static TimeEquality AnyPlan { get; } = new Any(RunForms, Units);

    /// <summary>Those of one plan.</summary>
    internal static TimeEquality Of(ProofPlan plan) => new Planned(plan);

    /// <summary>The instant of a cell that is no more than it.</summary>
    internal abstract bool TryRead(RowBuffer row, ConversationColumn column, out long instant);

    private sealed class Exact : TimeEquality
    {
        internal override bool TryRead(RowBuffer row, ConversationColumn column, out long instant)
        {
            instant = 0;
            return false;
        }
    }

    private sealed class Any(TimestampForm[] forms, TimestampForm[] units) : TimeEquality
    {
        internal override bool TryRead(RowBuffer row, ConversationColumn column, out long instant)
        {
            instant = 0;
            if (!ConversationTable.IsTimestamp(column)) return false;
            switch (row.GetStorageClass(column))
            {
                case StorageClass.Text:
                    foreach (var form in forms)
                    {
                        if (TimeReading.TryReadPlain(column, form, row.GetBytes(column), out instant)) return true;
                    }

                    return false;
                case StorageClass.Integer when units.Length > 0:
                    return TimeReading.FindUnit(row.GetNumber(column), out instant) != TimestampForm.None;
                default:
                    return false;
            }
        }
    }

    private sealed class Planned(ProofPlan plan) : TimeEquality
    {
        internal override bool TryRead(RowBuffer row, ConversationColumn column, out long instant)
        {
            instant = 0;
            if (!ConversationTable.IsTimestamp(column)) return false;
            return row.GetStorageClass(column) switch
            {
                // What is read back from PostgreSQL comes in the application's form.
                StorageClass.Text => TimeReading.TryReadPlain(column, plan.GetForm(column), row.GetBytes(column), out instant)
                    || TimeReading.TryReadPlain(column, TimestampForm.Application, row.GetBytes(column), out instant),
                StorageClass.Integer => TimeReading.TryReadPlain(plan.GetForm(column), plan.GetUnits(column), row.GetNumber(column), out instant),
                _ => false,
            };
        }
    }
}
