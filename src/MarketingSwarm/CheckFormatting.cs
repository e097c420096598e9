namespace MarketingSwarm;

/// <summary>What the views of <see cref="DatabaseCheck"/> and <see cref="MigrationCheck"/> show. For the module's Format.ps1xml; scripts read the properties.</summary>
public static class CheckFormatting
{
    // A view's first two columns, the spaces after them, and the screen's last column, which a table leaves free.
    private const int OtherColumns = 14 + 1 + 11 + 1 + 1;
    private const int OtherColumnsOfCriteria = 18 + 1 + 12 + 1 + 1;
    private const int OtherColumnsOfBoxes = 3 + 1 + 19 + 1 + 1;
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

    /// <summary>A box of the checklist: ticked, open, or with a question mark where it was not looked at.</summary>
    public static string FormatBox(ReadinessCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        return check.Passed switch { true => "[x]", false => "[ ]", null => "[?]" };
    }

    /// <summary>The heading of a day's boxes.</summary>
    public static string FormatDay(ReadinessCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        return check.Day switch { 1 => "1, preparation", 2 => "2, staging", 3 => "3, data", _ => "4, cutover" };
    }

    /// <summary>What was found of a box; where it is not ticked, on lines of their own, what is wanted and the command.</summary>
    /// <param name="check">The box.</param>
    /// <param name="screenWidth">The columns of the screen; 0 where there is none, and no line is broken.</param>
    public static string FormatBoxFinding(ReadinessCheck check, int screenWidth)
    {
        ArgumentNullException.ThrowIfNull(check);
        var width = screenWidth - OtherColumnsOfBoxes;
        var lines = new List<string> { check.Actual };
        if (check.Passed == false) lines.Add($"wanted: {check.Expected}");
        if (check is { Passed: not true, Command: { } command }) lines.Add($"{(check.IsNextStep ? "next step" : "to do")}: {command}");
        return width < NarrowestColumn ? string.Join('\n', lines) : string.Join('\n', lines.SelectMany(line => CloudFormatting.Wrap(line, width)));
    }

    private static string Format(bool? passed, string actual, string expected, string? action, int width)
    {
        var text = passed == false ? $"{actual}\nwanted: {expected}{(action is null ? "" : $"\nto do: {action}")}" : actual;
        // A table's own wrapping breaks words.
        return width < NarrowestColumn ? text : string.Join('\n', text.Split('\n').SelectMany(line => CloudFormatting.Wrap(line, width)));
    }
}
