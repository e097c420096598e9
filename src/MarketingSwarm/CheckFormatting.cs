namespace MarketingSwarm;

/// <summary>What the view of <see cref="DatabaseCheck"/> shows. For the module's Format.ps1xml; scripts read the properties.</summary>
public static class CheckFormatting
{
    /// <summary>The verdict in a word or two.</summary>
    public static string FormatVerdict(DatabaseCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        return check.Passed switch { true => "passed", false => "FAILED", null => "not checked" };
    }

    /// <summary>What was found; where that is not what is wanted, on lines of their own, what is wanted and what to do.</summary>
    public static string FormatFinding(DatabaseCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        return check.Passed == false
            ? $"{check.Actual}\nwanted: {check.Expected}{(check.RecommendedAction is { } action ? $"\nto do: {action}" : "")}"
            : check.Actual;
    }

    /// <summary>The verdict on a criterion in a word or two.</summary>
    public static string FormatCriterionVerdict(MigrationCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        return check.Passed switch { true => "passed", false => "FAILED", null => "not measured" };
    }

    /// <summary>What was found of a criterion; where it is not met, on lines of their own, what is wanted and what to do.</summary>
    public static string FormatCriterionFinding(MigrationCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        return check.Passed == false
            ? $"{check.Actual}\nwanted: {check.Expected}{(check.RecommendedAction is { } action ? $"\nto do: {action}" : "")}"
            : check.Actual;
    }
}
