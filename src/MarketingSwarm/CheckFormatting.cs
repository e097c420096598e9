namespace MarketingSwarm;

/// <summary>What the view of <see cref="DatabaseCheck"/> shows. For the module's Format.ps1xml; scripts read the properties.</summary>
public static class CheckFormatting
{
    // The view's first two columns, the spaces after them, and the screen's last column, which a table leaves free.
    private const int OtherColumns = 14 + 1 + 11 + 1 + 1;
    private const int NarrowestColumn = 20;

    /// <summary>The verdict in a word or two.</summary>
    public static string FormatVerdict(DatabaseCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        return check.Passed switch { true => "passed", false => "FAILED", null => "not checked" };
    }

    /// <summary>What was found; where that is not what is wanted, on lines of their own, what is wanted and what to do.</summary>
    /// <param name="check">The check.</param>
    /// <param name="screenWidth">The columns of the screen; 0 where there is none, and no line is broken.</param>
    public static string FormatFinding(DatabaseCheck check, int screenWidth)
    {
        ArgumentNullException.ThrowIfNull(check);
        var text = check.Passed == false
            ? $"{check.Actual}\nwanted: {check.Expected}{(check.RecommendedAction is { } action ? $"\nto do: {action}" : "")}"
            : check.Actual;
        // A table's own wrapping breaks words.
        var width = screenWidth - OtherColumns;
        return width < NarrowestColumn ? text : string.Join('\n', text.Split('\n').SelectMany(line => CloudFormatting.Wrap(line, width)));
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
