namespace MarketingSwarm;

/// <summary>What a Cloud SQL instance costs a month, by list prices of a date.</summary>
public sealed class SwarmCostEstimate
{
    internal SwarmCostEstimate()
    {
    }

    /// <summary>The machine, such as <c>db-f1-micro</c>.</summary>
    public required string Tier { get; init; }

    /// <summary>The edition.</summary>
    public required string Edition { get; init; }

    /// <summary>ZONAL or REGIONAL.</summary>
    public required string AvailabilityType { get; init; }

    /// <summary>The region whose prices these are.</summary>
    public required string Region { get; init; }

    /// <summary>What the data is taken to be, in GiB; <see langword="null"/> where it was neither measured nor given.</summary>
    public double? DataSizeGb { get; internal init; }

    /// <summary>The disk in GiB: at least Cloud SQL's 10.</summary>
    public required int StorageSizeGb { get; init; }

    /// <summary>The backups kept, in GiB.</summary>
    public required double BackupSizeGb { get; init; }

    /// <summary>The first month, in <see cref="Currency"/>.</summary>
    public required decimal MonthlyCost { get; init; }

    /// <summary>How many months are looked at.</summary>
    public required int Months { get; init; }

    /// <summary>The last of them, with what the data has grown by then.</summary>
    public required decimal LastMonthCost { get; init; }

    /// <summary>All of them together.</summary>
    public required decimal TotalCost { get; init; }

    /// <summary>The parts of the first month's cost.</summary>
    public required IReadOnlyList<SwarmCostItem> Items { get; init; }

    /// <summary>What the figures rest on.</summary>
    public required IReadOnlyList<string> Assumptions { get; init; }

    /// <summary>ISO 4217.</summary>
    public required string Currency { get; init; }

    /// <summary>The date of the prices.</summary>
    public required DateTime AsOf { get; init; }

    /// <summary>Where the prices come from.</summary>
    public required string Source { get; init; }

    /// <summary>The machine and the month's cost.</summary>
    public override string ToString() => FormattableString.Invariant($"{Tier}: {MonthlyCost:0.00} {Currency} a month ({Region}, {AsOf:yyyy-MM-dd})");
}

/// <summary>One part of a month's cost.</summary>
/// <param name="Item">What is paid for.</param>
/// <param name="Quantity">How much of it.</param>
/// <param name="Unit">Of what: hour, GiB.</param>
/// <param name="UnitPrice">The price of one.</param>
/// <param name="MonthlyCost">Both multiplied.</param>
public sealed record SwarmCostItem(string Item, decimal Quantity, string Unit, decimal UnitPrice, decimal MonthlyCost)
{
    /// <summary>The calculation.</summary>
    public override string ToString() => FormattableString.Invariant($"{Item}: {Quantity:0.##} {Unit} x {UnitPrice} = {MonthlyCost:0.00}");
}
