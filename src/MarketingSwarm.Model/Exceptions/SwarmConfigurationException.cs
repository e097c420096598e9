namespace MarketingSwarm;

/// <summary>A database's name, URL or setting is wrong or missing; nothing was tried yet.</summary>
public sealed class SwarmConfigurationException : SwarmException
{
    internal SwarmConfigurationException(string errorId, string message, string? recommendedAction = null, object? target = null, Exception? innerException = null)
        : base(errorId, message, recommendedAction, target, innerException)
    {
    }
}
