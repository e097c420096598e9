namespace MarketingSwarm;

/// <summary>An error that MarketingSwarm recognised: what is wrong, with its names and values, and what to do about it.</summary>
/// <remarks>The message never holds a password.</remarks>
public class SwarmException : Exception
{
    internal SwarmException(string errorId, string message, string? recommendedAction = null, object? target = null, Exception? innerException = null)
        : base(message, innerException)
    {
        ErrorId = errorId;
        RecommendedAction = recommendedAction;
        Target = target;
    }

    /// <summary>The error's stable name: the first part of the ErrorRecord's FullyQualifiedErrorId.</summary>
    public string ErrorId { get; }

    /// <summary>What the user can do; <see langword="null"/> where nothing can be advised.</summary>
    public string? RecommendedAction { get; }

    /// <summary>What the error is about: a path, a database, a row, a setting.</summary>
    public object? Target { get; }
}
