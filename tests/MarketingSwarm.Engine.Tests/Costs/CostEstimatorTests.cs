using MarketingSwarm.Engine.Costs;

namespace MarketingSwarm.Engine.Tests.Costs;

/// <summary>Estimates against figures that were calculated by hand from the published prices of 2026-08-01, written down here as results.</summary>
public sealed class CostEstimatorTests
{
    private static readonly CostQuestion Plan = new() { Tier = "db-f1-micro", Edition = "ENTERPRISE", Region = "us-central1", StorageGb = 10, RetainedBackups = 7, BackupGb = 5 };

    private readonly CostEstimator _estimator = new(PriceTable.Default);

    [Theory]
    // 730 h x 0.0105 + 10 x 0.17 + 5 x 0.08
    [InlineData("db-f1-micro", false, 9.765)]
    // 730 h x 0.035 + 10 x 0.17 + 5 x 0.08
    [InlineData("db-g1-small", false, 27.65)]
    // 730 h x (0.0413 + 3.75 x 0.007) + 10 x 0.17 + 5 x 0.08
    [InlineData("db-custom-1-3840", false, 51.4115)]
    // 730 h x 2 x (4 x 0.0413 + 15 x 0.007) + 10 x 0.34 + 5 x 0.08
    [InlineData("db-custom-4-15360", true, 398.292)]
    public void ATierCostsWhatAHandCalculationSays(string tier, bool isRegional, double byHand)
        => Assert.InRange((double)_estimator.Estimate(Plan with { Tier = tier, IsRegional = isRegional }).MonthlyCost, byHand * 0.999, byHand * 1.001);

    [Theory]
    [InlineData("db-f1-micro", 8)]
    [InlineData("db-g1-small", 25)]
    public void TheMachineCostsWhatThePlanSaysWithinFivePercent(string tier, double plan)
        => Assert.InRange((double)_estimator.Estimate(Plan with { Tier = tier }).Items[0].MonthlyCost, plan * 0.95, plan * 1.05);

    [Fact]
    public void TheDiskHoldsTheDataAndGrowsWithIt()
    {
        var estimate = _estimator.Estimate(Plan with { StorageGb = null, DataGb = 20, BackupGb = null, GrowthGb = 10, Months = 3 });
        Assert.Equal(24, estimate.StorageSizeGb);
        // Seven backups: 20 + 6 x 2.
        Assert.Equal(32, estimate.BackupSizeGb);
        // Month 3: 40 GiB of data, a disk of 48, backups of 64.
        Assert.Equal(7.67m + (48 * 0.17m) + (64 * 0.08m), estimate.LastMonthCost);
        // Month 2: 30, 36, 48.
        Assert.Equal((3 * 7.67m) + ((24 + 36 + 48) * 0.17m) + ((32 + 48 + 64) * 0.08m), estimate.TotalCost);
    }

    [Fact]
    public void TheLogOfPointInTimeRecoveryIsAPart()
    {
        var estimate = _estimator.Estimate(Plan with { LogDays = 7, LogGbPerDay = 2 });
        Assert.Equal(14 * 0.17m, estimate.Items.Single(item => item.Item == "Write-ahead log").MonthlyCost);
        Assert.Contains(estimate.Assumptions, assumption => assumption.Contains("2 GiB a day", StringComparison.Ordinal));
        Assert.Equal(estimate.Items.Sum(item => item.MonthlyCost), estimate.MonthlyCost);
    }

    [Theory]
    [InlineData("europe-west2", "ENTERPRISE", "db-f1-micro", "RegionWithoutPrices", "us-central1")]
    [InlineData("us-central1", "ENTERPRISE_PLUS", "db-perf-optimized-N-2", "EditionWithoutPrices", "ENTERPRISE")]
    [InlineData("us-central1", "ENTERPRISE", "db-huge", "TierWithoutPrice", "db-g1-small")]
    [InlineData("us-central1", "ENTERPRISE", "db-custom-3-3840", "CustomTierMalformed", "3 vCPUs")]
    public void WhatTheTableDoesNotHaveIsAnError(string region, string edition, string tier, string id, string part)
    {
        var error = Assert.Throws<SwarmConfigurationException>(() => _estimator.Estimate(Plan with { Region = region, Edition = edition, Tier = tier }));
        Assert.Equal(id, error.ErrorId);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"asOf\": \"2026-08-01\"", "\"asOf\": \"soon\"", "asOf")]
    [InlineData("\"cpuHour\": 0.0413", "\"cpuHour\": \"0.0413\"", "regions.us-central1.ENTERPRISE.cpuHour")]
    [InlineData("\"ssdGbMonth\": 0.17,", "", "regions.us-central1.ENTERPRISE.ssdGbMonth")]
    [InlineData("\"memoryGbHour\": 0.007", "\"memoryGbHour\": -1", "regions.us-central1.ENTERPRISE.memoryGbHour")]
    [InlineData("\"regions\": {", "\"places\": {", "regions")]
    public void AValueOfATableThatIsNotOneIsNamed(string from, string to, string place)
    {
        using var folder = new TempFolder();
        var text = File.ReadAllText(Path.Combine(Repository.Root, "src", "MarketingSwarm.Engine", "Costs", "prices.json"));
        Assert.Contains(from, text, StringComparison.Ordinal);
        File.WriteAllText(folder.File("p.json"), text.Replace(from, to, StringComparison.Ordinal));
        var error = Assert.Throws<SwarmConfigurationException>(() => PriceTable.Read(folder.File("p.json")));
        Assert.Equal("PriceTableInvalid", error.ErrorId);
        Assert.Contains($"{place}:", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ATableOfAnotherRegionHasItsOwnPrices()
    {
        using var folder = new TempFolder();
        var text = File.ReadAllText(Path.Combine(Repository.Root, "src", "MarketingSwarm.Engine", "Costs", "prices.json"));
        File.WriteAllText(folder.File("p.json"), text.Replace("us-central1", "europe-west2", StringComparison.Ordinal).Replace("0.0105", "0.0126", StringComparison.Ordinal));
        var estimate = new CostEstimator(PriceTable.Read(folder.File("p.json"))).Estimate(Plan with { Region = "europe-west2" });
        Assert.Equal(9.20m, estimate.Items[0].MonthlyCost);
    }
}
