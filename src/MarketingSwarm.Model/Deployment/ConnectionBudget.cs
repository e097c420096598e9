namespace MarketingSwarm;

/// <summary>How the connections that a server allows are shared among the instances of a service.</summary>
public sealed class ConnectionBudget
{
    internal ConnectionBudget()
    {
    }

    /// <summary>The server's <c>max_connections</c>.</summary>
    public required int MaxConnections { get; init; }

    /// <summary>Those kept free: PostgreSQL's own for superusers, and some for operators and this module.</summary>
    public required int Reserved { get; init; }

    /// <summary>How many instances of the service run at most.</summary>
    public required int MaxInstances { get; init; }

    /// <summary>The connections that an instance's pool keeps.</summary>
    public required int PoolSize { get; init; }

    /// <summary>Those that it opens beyond them for a while.</summary>
    public required int MaxOverflow { get; init; }

    /// <summary>What the service may open: instances × (pool + overflow).</summary>
    public int Needed => MaxInstances * (PoolSize + MaxOverflow);

    /// <summary>What the server has for it.</summary>
    public int Available => MaxConnections - Reserved;

    /// <summary>The calculation.</summary>
    public override string ToString()
        => FormattableString.Invariant(
            $"{MaxInstances} instances x ({PoolSize} + {MaxOverflow}) = {Needed} connections, of {Available} that max_connections {MaxConnections} leaves beside {Reserved} for administration");
}
