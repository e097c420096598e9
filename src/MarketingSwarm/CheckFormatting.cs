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

    /// <summary>What was found and, on a line of its own, what to do about it.</summary>
    public static string FormatActual(DatabaseCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        return check is { Passed: false, RecommendedAction: { } action } ? $"{check.Actual}\n-> {action}" : check.Actual;
    }
}
