namespace MarketingSwarm.Testing;

/// <summary>How much the tests do: small counts by default, full ones with <c>SWARM_TEST_SCALE=full</c>.</summary>
public static class Scale
{
    public static bool IsFull { get; } =
        string.Equals(Environment.GetEnvironmentVariable("SWARM_TEST_SCALE"), "full", StringComparison.OrdinalIgnoreCase);

    public static int Rows(int small, int full) => IsFull ? full : small;
}
