namespace MarketingSwarm;

/// <summary>What the views of <see cref="DatabaseCheck"/> and <see cref="MigrationCheck"/> show. For the module's Format.ps1xml; scripts read the properties.</summary>
public static class CheckFormatting
{
    // A view's first two columns, the spaces after them, and the screen's last column, which a table leaves free.
    private const int OtherColumns = 14 + 1 + 11 + 1 + 1;
    private const int OtherColumnsOfCriteria = 18 + 1 + 12 + 1 + 1;
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
        return Format(check.Passed, check.Actual, check.Expected, check.RecommendedAction, screenWidth - OtherColumns);
    }

    /// <summary>The verdict on a criterion in a word or two.</summary>
    public static string FormatCriterionVerdict(MigrationCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        return check.Passed switch { true => "passed", false => "FAILED", null => "not measured" };
    }

    /// <summary>What was found of a criterion; where it is not met, on lines of their own, what is wanted and what to do.</summary>
    /// <param name="check">The criterion.</param>
    /// <param name="screenWidth">The columns of the screen; 0 where there is none, and no line is broken.</param>
    public static string FormatCriterionFinding(MigrationCheck check, int screenWidth)
    {
        ArgumentNullException.ThrowIfNull(check);
        return Format(check.Passed, check.Actual, check.Expected, check.RecommendedAction, screenWidth - OtherColumnsOfCriteria);
    }

    private static string Format(bool? passed, string actual, string expected, string? action, int width)
    {
        var text = passed == false ? $"{actual}\nwanted: {expected}{(action is null ? "" : $"\nto do: {action}")}" : actual;
        // A table's own wrapping breaks words.
        return width < NarrowestColumn ? text : string.Join('\n', text.Split('\n').SelectMany(line => CloudFormatting.Wrap(line, width)));
    }
}
