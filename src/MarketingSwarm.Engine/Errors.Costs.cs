namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    internal static SwarmConfigurationException RegionWithoutPrices(string region, string table, IEnumerable<string> regions) => Configuration(
        $"{Upper(table)} has no prices of region '{region}'; it has {string.Join(", ", regions)}. Prices differ from region to region, and none is taken from another.",
        "Give -Region with one of these, or the prices of that region with -PriceTable: https://cloud.google.com/sql/pricing", region);

    internal static SwarmConfigurationException EditionWithoutPrices(string edition, string region, string table, IEnumerable<string> editions) => Configuration(
        $"{Upper(table)} has no prices of edition '{edition}' in region '{region}'; it has {string.Join(", ", editions)}.",
        "Give -Edition with one of these, or the prices of that edition with -PriceTable: https://cloud.google.com/sql/pricing", edition);

    internal static SwarmConfigurationException TierWithoutPrice(string tier, string region, string table, IEnumerable<string> tiers) => Configuration(
        $"{Upper(table)} has no price of the tier '{tier}' in region '{region}'; it has {string.Join(", ", tiers)} and machines of the form db-custom-CPUS-MB.",
        "Give another -Tier, or its price with -PriceTable.", tier);

    internal static SwarmConfigurationException PriceTableUnreadable(string path, string problem) => Configuration(
        $"The price table {path} cannot be read: {problem}", "A JSON file in the form of the module's own table is expected: Get-Help Get-SwarmCostEstimate -Parameter PriceTable.", path);

    internal static SwarmConfigurationException PriceTableInvalid(string table, string path, string expected) => Configuration(
        $"{Upper(table)}: {path}: {expected} is expected there.", "Correct the table: Get-Help Get-SwarmCostEstimate -Parameter PriceTable shows its form.", path);

    private static string Upper(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
