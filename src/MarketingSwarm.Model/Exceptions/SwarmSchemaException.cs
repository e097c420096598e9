namespace MarketingSwarm;

/// <summary>A table's shape does not allow the work: a column is missing, unknown, or of a type that cannot hold the data unchanged.</summary>
public sealed class SwarmSchemaException : SwarmException
{
    internal SwarmSchemaException(string errorId, string message, string? recommendedAction = null, object? target = null)
        : base(errorId, message, recommendedAction, target)
    {
    }
}
