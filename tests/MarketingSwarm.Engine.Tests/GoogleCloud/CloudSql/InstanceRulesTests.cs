using MarketingSwarm.Engine.GoogleCloud.CloudSql;

namespace MarketingSwarm.Engine.Tests.GoogleCloud.CloudSql;

public sealed class InstanceRulesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("a")]
    [InlineData("marketing-swarm-db")]
    [InlineData("a1-2")]
    public void NamesThatCloudSqlTakes(string name) => InstanceRules.RequireName("p", name);

    [Theory]
    [InlineData("", "InstanceNameMalformed")]
    [InlineData("1a", "InstanceNameMalformed")]
    [InlineData("-a", "InstanceNameMalformed")]
    [InlineData("a-", "InstanceNameMalformed")]
    [InlineData("a_b", "InstanceNameMalformed")]
    [InlineData("A", "InstanceNameMalformed")]
    [InlineData("a\n", "InstanceNameMalformed")]
    [InlineData("p:r:a", "InstanceNameHasProject")]
    public void NamesThatItDoesNotTake(string name, string expected)
        => Assert.Equal(expected, Assert.Throws<SwarmConfigurationException>(() => InstanceRules.RequireName("p", name)).ErrorId);

    [Fact]
    public void ProjectColonAndNameHaveNinetyEightCharactersAtMost()
    {
        InstanceRules.RequireName("my-project", new string('a', 98 - 11));
        Assert.Equal("InstanceNameTooLong", Assert.Throws<SwarmConfigurationException>(() => InstanceRules.RequireName("my-project", new string('a', 98 - 10))).ErrorId);
    }

    [Theory]
    [InlineData("db-f1-micro", "ENTERPRISE")]
    [InlineData("db-g1-small", "ENTERPRISE")]
    [InlineData("db-custom-1-3840", "ENTERPRISE")]
    [InlineData("db-custom-1-6656", "ENTERPRISE")]
    [InlineData("db-custom-2-13312", "ENTERPRISE")]
    [InlineData("db-custom-96-638976", "ENTERPRISE")]
    [InlineData("db-perf-optimized-N-2", "ENTERPRISE_PLUS")]
    [InlineData("db-of-the-future", "ENTERPRISE_PLUS")]
    public void MachinesThatPostgresRunsOn(string tier, string edition) => MachineTier.Require(tier, edition);

    [Theory]
    [InlineData("db-n1-standard-1", "ENTERPRISE", "TierNotForPostgres")]
    [InlineData("db-f1-micro", "ENTERPRISE_PLUS", "TierNotForEdition")]
    [InlineData("db-custom-2-7680", "ENTERPRISE_PLUS", "TierNotForEdition")]
    [InlineData("db-perf-optimized-N-2", "ENTERPRISE", "TierNotForEdition")]
    [InlineData("db-custom-1-3584", "ENTERPRISE", "CustomTierMalformed")]
    [InlineData("db-custom-1-6912", "ENTERPRISE", "CustomTierMalformed")]
    [InlineData("db-custom-3-7680", "ENTERPRISE", "CustomTierMalformed")]
    [InlineData("db-custom-98-358400", "ENTERPRISE", "CustomTierMalformed")]
    [InlineData("db-custom-8-7168", "ENTERPRISE", "CustomTierMalformed")]
    [InlineData("db-custom-2-7681", "ENTERPRISE", "CustomTierMalformed")]
    [InlineData("db-custom-2", "ENTERPRISE", "CustomTierMalformed")]
    public void MachinesThatItDoesNotRunOn(string tier, string edition, string expected)
        => Assert.Equal(expected, Assert.Throws<SwarmConfigurationException>(() => MachineTier.Require(tier, edition)).ErrorId);

    [Theory]
    [InlineData("db-f1-micro", "26", true)]
    [InlineData("db-f1-micro", "25", false)]
    [InlineData("db-g1-small", "50", false)]
    [InlineData("db-custom-2-7680", "400", false)]
    [InlineData("db-custom-2-7680", "401", true)]
    [InlineData("db-perf-optimized-N-2", "5000", false)]
    [InlineData("db-f1-micro", null, false)]
    public void ManyConnectionsForAMachineAreWarnedOf(string tier, string? connections, bool isWarned)
        => Assert.Equal(isWarned, InstanceRules.GetConnectionsWarning(tier, connections) is not null);

    [Theory]
    [InlineData("203.0.113.0/24", "203.0.113.0/24")]
    [InlineData("203.0.113.7", "203.0.113.7/32")]
    [InlineData("0.0.0.0/0", "0.0.0.0/0")]
    public void NetworksInCidrNotation(string text, string expected) => Assert.Equal(expected, InstanceRules.RequireNetwork(text));

    [Theory]
    [InlineData("203.0.113.7/24", "NetworkMalformed", "203.0.113.0/24")]
    [InlineData("203.0.113.0/33", "NetworkMalformed", "Correct")]
    [InlineData("10", "NetworkMalformed", "Correct")]
    [InlineData("office", "NetworkMalformed", "Correct")]
    [InlineData("2001:db8::/32", "NetworkNotVersion4", "IPv4")]
    [InlineData("::1", "NetworkNotVersion4", "IPv4")]
    public void WhatIsNoNetwork(string text, string expected, string action)
    {
        var exception = Assert.Throws<SwarmConfigurationException>(() => InstanceRules.RequireNetwork(text));
        Assert.Equal(expected, exception.ErrorId);
        Assert.Contains(action, exception.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("default", "projects/p/global/networks/default")]
    [InlineData("projects/host-project/global/networks/shared", "projects/host-project/global/networks/shared")]
    [InlineData("https://www.googleapis.com/compute/v1/projects/example.com:host/global/networks/shared", "projects/example.com:host/global/networks/shared")]
    public void NetworksByNameOrPath(string text, string expected) => Assert.Equal(expected, InstanceRules.RequireVpc("p", text).Path);

    [Theory]
    [InlineData("""{"connections":[{"network":"n","reservedPeeringRanges":["google-managed-services-default"]}]}""", null)]
    [InlineData("""{}""", "NetworkNotPeered")]
    [InlineData("""{"connections":[{"network":"n"}]}""", "NetworkNotPeered")]
    public async Task PeeringIsLookedForByTheProjectsNumber(string connections, string? expected)
    {
        var transport = new FakeTransport(FakeTransport.Ok("""{"projectId":"p","projectNumber":"4711"}"""), FakeTransport.Ok(connections));
        var check = () => NetworkPeering.CheckAsync(CloudTest.Client(transport), InstanceRules.RequireVpc("p", "default"), Token);

        if (expected is null) Assert.Null(await check());
        else Assert.Equal(expected, (await Assert.ThrowsAsync<SwarmConfigurationException>(check)).ErrorId);
        Assert.Contains("network=projects%2F4711%2Fglobal%2Fnetworks%2Fdefault", transport.Sent[1].Address.Query, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PeeringThatCannotBeSeenIsNoError()
    {
        var transport = new FakeTransport(CloudSqlAnswers.Error(403, "forbidden", "The caller does not have permission"));

        var why = await NetworkPeering.CheckAsync(CloudTest.Client(transport), InstanceRules.RequireVpc("p", "default"), Token);

        Assert.Contains("gcloud services vpc-peerings list --network=default --project=p", why, StringComparison.Ordinal);
    }
}
