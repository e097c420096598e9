namespace MarketingSwarm.Shell;

/// <summary>What the process says to its caller when the script itself does not <c>exit N</c>.</summary>
internal static class ExitCodes
{
    internal const int Success = 0;

    /// <summary>A terminating error, or a command whose last statement failed.</summary>
    internal const int Failure = 1;

    /// <summary>The command line could not be used: sysexits' EX_USAGE, which pwsh returns too.</summary>
    internal const int Usage = 64;

    /// <summary>Ended by a signal: added to the signal's number, as shells do.</summary>
    internal const int SignalBase = 128;
}
