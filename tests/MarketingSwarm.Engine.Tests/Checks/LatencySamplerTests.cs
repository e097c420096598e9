using MarketingSwarm.Engine.Checks;

namespace MarketingSwarm.Engine.Tests.Checks;

public sealed class LatencySamplerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(20)]
    [InlineData(21)]
    [InlineData(1000)]
    public void APercentileIsTheLeastValueThatSoManyDoNotExceed(int count)
    {
        List<double> sorted = [.. Enumerable.Range(1, count).Select(i => i * 1.5)];

        Assert.All([50, 95, 100], (int percent) =>
        {
            var expected = sorted.First(value => sorted.Count(other => other <= value) * 100 >= percent * count);
            Assert.Equal(expected, LatencySampler.GetPercentile(sorted, percent));
        });
    }
}
