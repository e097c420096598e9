using MarketingSwarm.Engine.Deployment;

namespace MarketingSwarm.Engine.Tests.Deployment;

public sealed class ConnectionBudgetTests
{
    [Theory]
    [InlineData(100, 3, 5, 10)]
    [InlineData(50, 3, 4, 10)]
    [InlineData(25, 3, 1, 4)]
    [InlineData(25, 17, 1, 0)]
    [InlineData(10_000, 1, 5, 10)]
    public void EveryInstanceGetsItsShareAndAllTogetherFit(int maxConnections, int instances, int pool, int overflow)
    {
        var budget = ConnectionBudgets.Share("db", maxConnections, instances);
        Assert.Equal((pool, overflow), (budget.PoolSize, budget.MaxOverflow));
        Assert.True(instances * (budget.PoolSize + budget.MaxOverflow) <= maxConnections - 8);
    }

    [Fact]
    public void TooManyInstancesAreRefused()
    {
        var error = Assert.Throws<SwarmConfigurationException>(() => ConnectionBudgets.Share("db", 25, 18));
        Assert.Equal("ConnectionBudgetTooSmall", error.ErrorId);
        Assert.Contains("18 instances", error.Message, StringComparison.Ordinal);
    }
}
