using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MarketingSwarm.Engine.GoogleCloud;

namespace MarketingSwarm.Engine.Costs;

/// <summary>Prices of Cloud SQL, of a date and by region. A region that is not in it has no price: none is ever taken from another.</summary>
internal sealed class PriceTable
{
    private readonly Dictionary<string, Dictionary<string, EditionPrices>> _regions = new(StringComparer.Ordinal);

    private PriceTable(string name) => Name = name;

    /// <summary>How messages call it.</summary>
    internal string Name { get; }

    internal required DateTime AsOf { get; init; }

    internal required string Currency { get; init; }

    internal required string Source { get; init; }

    internal required decimal HoursPerMonth { get; init; }

    internal IReadOnlyCollection<string> Regions => _regions.Keys;

    /// <summary>The table that comes with the module.</summary>
    internal static PriceTable Default { get; } = ReadDefault();

    /// <summary>Reads a table of the user's own, in the form of the module's.</summary>
    /// <param name="path">The full path.</param>
    /// <exception cref="SwarmConfigurationException">It cannot be read, or a value is not what it must be.</exception>
    internal static PriceTable Read(string path)
    {
        try
        {
            return Parse(path, File.ReadAllText(path, Encoding.UTF8));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Errors.PriceTableUnreadable(path, exception.Message);
        }
    }

    /// <summary>The prices of an edition in a region.</summary>
    /// <exception cref="SwarmConfigurationException">The table does not have them.</exception>
    internal EditionPrices Find(string region, string edition)
    {
        if (!_regions.TryGetValue(region, out var editions)) throw Errors.RegionWithoutPrices(region, Name, Regions);
        return editions.TryGetValue(edition, out var prices) ? prices : throw Errors.EditionWithoutPrices(edition, region, Name, editions.Keys);
    }

    private static PriceTable ReadDefault()
    {
        using var stream = typeof(PriceTable).Assembly.GetManifestResourceStream("Costs/prices.json")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return Parse("the module's price table", reader.ReadToEnd());
    }

    private static PriceTable Parse(string name, string text)
    {
        JsonObject root;
        try
        {
            root = GoogleJson.Parse(text) as JsonObject ?? throw Errors.PriceTableInvalid(name, "$", "an object");
        }
        catch (JsonException exception)
        {
            throw Errors.PriceTableUnreadable(name, exception.Message);
        }

        var table = new PriceTable(name)
        {
            AsOf = DateTime.TryParseExact(Text(root, "asOf"), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? date : throw Errors.PriceTableInvalid(name, "asOf", "a date, 2026-08-01 say,"),
            Currency = Text(root, "currency"),
            Source = Text(root, "source"),
            HoursPerMonth = Price(root, "hoursPerMonth", ""),
        };
        foreach (var (region, editions) in Child(root, "regions", ""))
        {
            var path = $"regions.{region}";
            table._regions[region] = new(StringComparer.Ordinal);
            foreach (var (edition, _) in Child((JsonObject)root["regions"]!, region, "regions"))
            {
                var prices = Child((JsonObject)editions!, edition, path);
                var place = $"{path}.{edition}";
                table._regions[region][edition] = new EditionPrices(
                    Child(prices, "tierHour", place).ToDictionary(pair => pair.Key, pair => Price((JsonObject)prices["tierHour"]!, pair.Key, $"{place}.tierHour"), StringComparer.Ordinal),
                    Price(prices, "cpuHour", place), Price(prices, "memoryGbHour", place), Price(prices, "ssdGbMonth", place), Price(prices, "backupGbMonth", place), Price(prices, "regionalFactor", place));
            }
        }

        return table;

        JsonObject Child(JsonObject owner, string key, string path) => owner[key] as JsonObject ?? throw Errors.PriceTableInvalid(name, Join(path, key), "an object");

        string Text(JsonObject owner, string key) => owner[key] is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.ToString() : throw Errors.PriceTableInvalid(name, key, "a text");

        decimal Price(JsonObject owner, string key, string path)
            => owner[key] is JsonValue value && value.GetValueKind() == JsonValueKind.Number && value.TryGetValue<decimal>(out var price) && price is >= 0 and < 1_000_000
                ? price : throw Errors.PriceTableInvalid(name, Join(path, key), "a number, zero or more,");

        static string Join(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";
    }
}

/// <summary>What an edition costs in a region, in the table's currency, for one zone.</summary>
/// <param name="TierHour">Machines of a fixed price, an hour.</param>
/// <param name="CpuHour">A vCPU of another machine, an hour.</param>
/// <param name="MemoryGbHour">A GiB of its memory, an hour.</param>
/// <param name="SsdGbMonth">A GiB of SSD, a month.</param>
/// <param name="BackupGbMonth">A GiB of backups, a month.</param>
/// <param name="RegionalFactor">By what machine and disk are multiplied for a second zone.</param>
internal sealed record EditionPrices(
    IReadOnlyDictionary<string, decimal> TierHour, decimal CpuHour, decimal MemoryGbHour, decimal SsdGbMonth, decimal BackupGbMonth, decimal RegionalFactor);
