namespace MarketingSwarm;

/// <summary>An archive file is damaged, cut off, not ours, or does not match its checksum.</summary>
public sealed class SwarmArchiveException : SwarmException
{
    internal SwarmArchiveException(string errorId, string message, string? recommendedAction = null, object? target = null, Exception? innerException = null)
        : base(errorId, message, recommendedAction, target, innerException)
    {
    }
}
