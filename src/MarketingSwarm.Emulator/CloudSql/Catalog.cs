using System.Globalization;
using System.Text.RegularExpressions;
using MarketingSwarm.Emulator.Hosting;

namespace MarketingSwarm.Emulator.CloudSql;

/// <summary>Regions, versions and tiers.</summary>
internal static partial class Catalog
{
    /// <summary>The edition whose tiers are shared-core and custom.</summary>
    public const string Enterprise = "ENTERPRISE";

    /// <summary>The edition whose tiers are the performance-optimized ones.</summary>
    public const string EnterprisePlus = "ENTERPRISE_PLUS";

    private const long Mebibyte = 1 << 20;

    /// <summary>The regions, by name.</summary>
    public static IReadOnlyList<string> Regions { get; } =
    [
        "africa-south1", "asia-east1", "asia-east2", "asia-northeast1", "asia-northeast2", "asia-northeast3", "asia-south1", "asia-south2", "asia-southeast1",
        "asia-southeast2", "australia-southeast1", "australia-southeast2", "europe-central2", "europe-north1", "europe-north2", "europe-southwest1", "europe-west1",
        "europe-west10", "europe-west12", "europe-west2", "europe-west3", "europe-west4", "europe-west6", "europe-west8", "europe-west9", "me-central1",
        "me-central2", "me-west1", "northamerica-northeast1", "northamerica-northeast2", "northamerica-south1", "southamerica-east1", "southamerica-west1",
        "us-central1", "us-east1", "us-east4", "us-east5", "us-south1", "us-west1", "us-west2", "us-west3", "us-west4",
    ];

    /// <summary>The tiers with their memory in bytes. Custom ones are not listed, as in the real API.</summary>
    public static IReadOnlyList<(string Name, long Memory)> Tiers { get; } =
    [
        ("db-f1-micro", 614 * Mebibyte),
        ("db-g1-small", 1740 * Mebibyte),
        .. new[] { 2, 4, 8, 16, 32, 48, 64, 80, 96, 128 }.Select(
            processors => (string.Create(CultureInfo.InvariantCulture, $"db-perf-optimized-N-{processors}"), processors * (processors == 128 ? 6912L : 8192L) * Mebibyte)),
    ];

    /// <summary>PostgreSQL's major version in <c>POSTGRES_15</c>.</summary>
    /// <exception cref="ApiException">It is no PostgreSQL that Cloud SQL has.</exception>
    public static int MajorVersionOf(string databaseVersion)
        => databaseVersion switch
        {
            "POSTGRES_9_6" => 9,
            _ when Postgres().Match(databaseVersion) is { Success: true } match => int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture),
            _ => throw SqlErrors.Invalid($"Invalid database version ({databaseVersion}). The emulator has PostgreSQL only: POSTGRES_9_6 and POSTGRES_10 to POSTGRES_18."),
        };

    /// <summary>The edition of an instance that was made without one.</summary>
    public static string DefaultEdition(string databaseVersion) => MajorVersionOf(databaseVersion) >= 16 ? EnterprisePlus : Enterprise;

    /// <summary>The largest disk of a tier, in GB.</summary>
    public static long LargestDisk(string tier) => IsSharedCore(tier) ? 3062 : 65536;

    /// <exception cref="ApiException">The tier is not one of the edition, or not for PostgreSQL.</exception>
    public static void CheckTier(string tier, string edition)
    {
        if (edition == EnterprisePlus)
        {
            if (PerformanceOptimized().IsMatch(tier)) return;
            throw SqlErrors.Invalid($"Invalid Tier ({tier}) for ({edition}) Edition. Use a predefined Tier like db-perf-optimized-N-* instead.");
        }

        if (PerformanceOptimized().IsMatch(tier))
            throw SqlErrors.Invalid($"Invalid Tier ({tier}) for ({edition}) Edition. Use a custom or shared-core Tier like db-custom-* instead.");
        if (IsSharedCore(tier)) return;
        if (Custom().Match(tier) is not { Success: true } match)
            throw SqlErrors.Invalid("Only custom or shared-core instance Billing Tier type allowed for PostgreSQL database.");

        var processors = int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        var memory = int.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture);
        if (processors is < 1 or > 96 || (processors > 1 && processors % 2 == 1))
            throw SqlErrors.Invalid($"Invalid Tier ({tier}): the number of CPUs must be 1 or an even number up to 96.");
        if (memory % 256 != 0 || memory < 3840 || memory < processors * 922 || memory > processors * 6656)
            throw SqlErrors.Invalid($"Invalid Tier ({tier}): the memory must be a multiple of 256 MB, at least 3840 MB, and 0.9 to 6.5 GB a CPU.");
    }

    private static bool IsSharedCore(string tier) => tier is "db-f1-micro" or "db-g1-small";

    [GeneratedRegex("^POSTGRES_(1[0-8])$")]
    private static partial Regex Postgres();

    [GeneratedRegex("^db-(perf-optimized-N-(2|4|8|16|32|48|64|80|96|128)|c4a-highmem-(1|4|8|16|32|48|64|72))$")]
    private static partial Regex PerformanceOptimized();

    [GeneratedRegex(@"^db-custom-(\d{1,3})-(\d{1,7})$")]
    private static partial Regex Custom();
}
