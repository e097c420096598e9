namespace MarketingSwarm.Commands;

/// <summary>Whether a person can answer.</summary>
internal static class StandardInput
{
    /// <summary>Whether the process's input is a file or a pipe. The host asks and answers; this looks only at where its input comes from.</summary>
#pragma warning disable RS0030 // The host owns the screen; no PowerShell interface tells whether its input is a terminal.
    internal static bool IsRedirected => Console.IsInputRedirected;
#pragma warning restore RS0030
}
