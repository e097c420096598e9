using MarketingSwarm.Engine.GoogleCloud.CloudSql;

namespace MarketingSwarm.Engine.Costs;

/// <summary>What is estimated.</summary>
internal sealed record CostQuestion
{
    internal required string Tier { get; init; }

    internal required string Edition { get; init; }

    /// <summary>A second server and disk in another zone.</summary>
    internal bool IsRegional { get; init; }

    internal required string Region { get; init; }

    /// <summary>The disk's size in GiB; null for the least that holds the data.</summary>
    internal int? StorageGb { get; init; }

    /// <summary>The data's size in GiB; null where it is not known.</summary>
    internal double? DataGb { get; init; }

    /// <summary>What the data grows by, in GiB a month.</summary>
    internal double GrowthGb { get; init; }

    /// <summary>How many months are looked at.</summary>
    internal int Months { get; init; } = 12;

    /// <summary>How many backups are kept; 0 for none.</summary>
    internal int RetainedBackups { get; init; }

    /// <summary>The backups' size in GiB; null to estimate it.</summary>
    internal double? BackupGb { get; init; }

    /// <summary>For how many days any moment can be restored; 0 for none.</summary>
    internal int LogDays { get; init; }

    /// <summary>How much of write-ahead log a day brings, in GiB.</summary>
    internal double LogGbPerDay { get; init; }
}

/// <summary>Multiplies quantities by prices.</summary>
/// <param name="prices">The prices.</param>
internal sealed class CostEstimator(PriceTable prices)
{
    /// <summary>Cloud SQL's smallest disk (https://cloud.google.com/sql/docs/postgres/instance-settings).</summary>
    private const int SmallestDiskGb = 10;

    // A disk that is full stops the database; Cloud SQL enlarges it before that.
    private const double DiskReserve = 1.2;

    // Backups after the first hold what changed since the one before.
    private const double ChangedShare = 0.1;

    /// <summary>The estimate.</summary>
    /// <exception cref="SwarmConfigurationException">The table has no price for it.</exception>
    internal SwarmCostEstimate Estimate(CostQuestion question)
    {
        var edition = prices.Find(question.Region, question.Edition);
        var months = Enumerable.Range(0, question.Months).Select(month => Month(question, edition, month)).ToList();
        var (storage, backup, items) = months[0];
        List<string> assumptions =
        [
            FormattableString.Invariant($"{prices.HoursPerMonth:0} hours a month, list prices on demand, no discounts, no taxes, no network traffic"),
        ];
        if (question.DataGb is not null && question.StorageGb is null) assumptions.Add(FormattableString.Invariant($"the disk is the data with a fifth to spare, and at least {SmallestDiskGb} GiB"));
        if (question is { RetainedBackups: > 0, BackupGb: null })
            assumptions.Add(FormattableString.Invariant($"{question.RetainedBackups} backups: one of all data{(question.DataGb is null ? ", taken to fill half of the disk" : "")}, the others a tenth of it each"));
        if (question.LogDays > 0) assumptions.Add(FormattableString.Invariant($"write-ahead log of {question.LogGbPerDay:0.##} GiB a day kept {question.LogDays} days, at the price of disk"));
        if (question.GrowthGb > 0) assumptions.Add(FormattableString.Invariant($"the data grows by {question.GrowthGb:0.##} GiB a month; a disk never shrinks"));
        return new SwarmCostEstimate
        {
            Tier = question.Tier,
            Edition = question.Edition,
            AvailabilityType = question.IsRegional ? "REGIONAL" : "ZONAL",
            Region = question.Region,
            DataSizeGb = question.DataGb,
            StorageSizeGb = storage,
            BackupSizeGb = backup,
            MonthlyCost = Sum(items),
            Months = question.Months,
            LastMonthCost = Sum(months[^1].Items),
            TotalCost = months.Sum(month => Sum(month.Items)),
            Items = items,
            Assumptions = assumptions,
            Currency = prices.Currency,
            AsOf = prices.AsOf,
            Source = prices.Source,
        };
    }

    private static decimal Sum(IEnumerable<SwarmCostItem> items) => items.Sum(item => item.MonthlyCost);

    private (int StorageGb, double BackupGb, IReadOnlyList<SwarmCostItem> Items) Month(CostQuestion question, EditionPrices edition, int month)
    {
        var factor = question.IsRegional ? edition.RegionalFactor : 1;
        var grown = question.GrowthGb * month;
        var data = question.DataGb + grown;
        // Where the data's size is not known, what it grows by is added to the disk.
        var needed = data is { } size ? size * DiskReserve : (question.StorageGb ?? SmallestDiskGb) + grown;
        var storage = Math.Max(Math.Max(SmallestDiskGb, question.StorageGb ?? 0), (int)Math.Ceiling(needed));
        var backup = question.RetainedBackups == 0 ? 0
            : question.BackupGb is { } given ? given + grown
            : (data ?? storage / 2.0) * (1 + ((question.RetainedBackups - 1) * ChangedShare));
        List<SwarmCostItem> items = [.. Machine(question, edition, factor), Item("SSD storage", storage, "GiB", edition.SsdGbMonth * factor)];
        if (question.RetainedBackups > 0) items.Add(Item("Backups", (decimal)Math.Round(backup, 3), "GiB", edition.BackupGbMonth));
        if (question.LogDays > 0) items.Add(Item("Write-ahead log", (decimal)Math.Round(question.LogDays * question.LogGbPerDay, 3), "GiB", edition.SsdGbMonth));
        return (storage, Math.Round(backup, 3), items);
    }

    private IEnumerable<SwarmCostItem> Machine(CostQuestion question, EditionPrices edition, decimal factor)
    {
        if (edition.TierHour.TryGetValue(question.Tier, out var price))
        {
            yield return Item(question.Tier, prices.HoursPerMonth, "hour", price * factor);
            yield break;
        }

        MachineTier.Require(question.Tier, question.Edition);
        if (MachineTier.GetProcessors(question.Tier) is not { } processors || MachineTier.GetMemory(question.Tier) is not { } memory)
            throw Errors.TierWithoutPrice(question.Tier, question.Region, prices.Name, edition.TierHour.Keys);
        yield return Item($"{processors} vCPU", prices.HoursPerMonth * processors, "vCPU hour", edition.CpuHour * factor);
        yield return Item(FormattableString.Invariant($"{memory:0.##} GiB memory"), prices.HoursPerMonth * (decimal)memory, "GiB hour", edition.MemoryGbHour * factor);
    }

    private static SwarmCostItem Item(string name, decimal quantity, string unit, decimal price) => new(name, quantity, unit, price, Math.Round(quantity * price, 2, MidpointRounding.AwayFromZero));
}
