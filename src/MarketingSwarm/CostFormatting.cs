using System.Globalization;

namespace MarketingSwarm;

/// <summary>What the view of a cost estimate shows. For the module's Format.ps1xml; scripts read the properties.</summary>
public static class CostFormatting
{
    /// <summary>An amount with two decimals.</summary>
    public static string FormatAmount(decimal amount) => amount.ToString("N2", CultureInfo.CurrentCulture);

    /// <summary>What the machine costs: what is neither disk nor backups.</summary>
    public static string FormatMachine(SwarmCostEstimate estimate)
    {
        ArgumentNullException.ThrowIfNull(estimate);
        return FormatAmount(estimate.Items.TakeWhile(item => item.Item != "SSD storage").Sum(item => item.MonthlyCost));
    }

    /// <summary>What the disk costs.</summary>
    public static string FormatStorage(SwarmCostEstimate estimate)
    {
        ArgumentNullException.ThrowIfNull(estimate);
        return FormatAmount(estimate.Items.Where(item => item.Item == "SSD storage").Sum(item => item.MonthlyCost));
    }

    /// <summary>What backups and the log for point-in-time recovery cost.</summary>
    public static string FormatBackups(SwarmCostEstimate estimate)
    {
        ArgumentNullException.ThrowIfNull(estimate);
        return FormatAmount(estimate.Items.SkipWhile(item => item.Item != "SSD storage").Skip(1).Sum(item => item.MonthlyCost));
    }

    /// <summary>Where, when and in what currency, and which month is the last.</summary>
    public static string FormatPrices(SwarmCostEstimate estimate)
    {
        ArgumentNullException.ThrowIfNull(estimate);
        return FormattableString.Invariant($"{estimate.Region}, list prices of {estimate.AsOf:yyyy-MM-dd} in {estimate.Currency}; last is month {estimate.Months}");
    }
}
