using System.Management.Automation;

namespace MarketingSwarm;

/// <summary>Colours of states, as the session's <c>$PSStyle</c> has them. PowerShell leaves them out where output is no terminal, and with <c>NO_COLOR</c>.</summary>
public static class StateFormatting
{
    private static readonly HashSet<string> Good = new(StringComparer.OrdinalIgnoreCase)
    {
        "passed", "[x]", "RUNNABLE", "READY", "DONE", "SUCCESSFUL", "ENABLED", "Completed", "Closed", "0",
    };

    private static readonly HashSet<string> Bad = new(StringComparer.OrdinalIgnoreCase)
    {
        "FAILED", "SUSPENDED", "DESTROYED", "Aborted", "1",
    };

    private static readonly HashSet<string> Open = new(StringComparer.OrdinalIgnoreCase)
    {
        "[ ]", "[?]", "not checked", "not measured", "PENDING", "RUNNING", "RECONCILING", "PENDING_CREATE", "MAINTENANCE", "STOPPED", "DISABLED", "ENQUEUED", "RolledBack", "Watching",
        "Loading", "2",
    };

    /// <summary>A state in its colour: green where all is well, red where it is not, yellow in between; another text as it is.</summary>
    /// <param name="text">The state.</param>
    /// <param name="style">The session's <c>$PSStyle</c>; <see langword="null"/> for none.</param>
    public static string Paint(object? text, object? style)
    {
        var word = $"{text}";
        var colour = Good.Contains(word) ? "Green" : Bad.Contains(word) ? "Red" : Open.Contains(word) ? "Yellow" : null;
        if (colour is null || style is null) return word;
        var styles = PSObject.AsPSObject(style);
        return styles.Properties["Foreground"]?.Value is { } foreground && PSObject.AsPSObject(foreground).Properties[colour]?.Value is string begin && styles.Properties["Reset"]?.Value is string end
            ? begin + word + end : word;
    }
}
