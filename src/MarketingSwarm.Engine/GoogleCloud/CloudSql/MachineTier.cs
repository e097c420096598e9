using System.Globalization;
using System.Text.RegularExpressions;

namespace MarketingSwarm.Engine.GoogleCloud.CloudSql;

/// <summary>
///   Which machines PostgreSQL runs on, in which edition, and what is known of their memory
///   (https://cloud.google.com/sql/docs/postgres/instance-settings, https://cloud.google.com/sql/docs/postgres/editions-intro).
/// </summary>
internal static partial class MachineTier
{
    internal const string Enterprise = "ENTERPRISE";
    internal const string EnterprisePlus = "ENTERPRISE_PLUS";

    private const string OptimizedPrefix = "db-perf-optimized-N-";
    private const int MegabytesPerGigabyte = 1024;
    private const int MemoryStep = 256;
    private const int SmallestMemory = 3840;
    private const int MostProcessors = 96;
    private const double LeastPerProcessor = 0.9;
    private const double MostPerProcessor = 6.5;

    // max_connections where the flag is not set, by memory from so many GB on: https://cloud.google.com/sql/docs/postgres/flags (max_connections).
    private static readonly (double Gigabytes, int Connections)[] DefaultConnections =
        [(120, 1000), (60, 800), (30, 600), (15, 500), (7.5, 400), (6, 200), (3.75, 100), (1.7, 50), (0, 25)];

    /// <summary>Refuses a machine that PostgreSQL does not run on in that edition. One that is not known here is left to Google to judge.</summary>
    /// <exception cref="SwarmConfigurationException">It cannot be.</exception>
    internal static void Require(string tier, string edition)
    {
        if (tier.StartsWith("db-n1-", StringComparison.Ordinal)) throw Errors.TierNotForPostgres(tier);
        if (tier.StartsWith("db-custom-", StringComparison.Ordinal)) RequireCustom(tier);
        if (edition == EnterprisePlus && IsEnterpriseOnly(tier)) throw Errors.TierNotForEdition(tier, edition, "db-perf-optimized-N-*, such as db-perf-optimized-N-2");
        if (edition == Enterprise && tier.StartsWith("db-perf-optimized-", StringComparison.Ordinal))
            throw Errors.TierNotForEdition(tier, edition, "db-f1-micro, db-g1-small or db-custom-CPUS-MB, such as db-custom-2-7680");
    }

    /// <summary>The memory in GB; null where it is not known here.</summary>
    internal static double? GetMemory(string tier) => tier switch
    {
        "db-f1-micro" => 0.6,
        "db-g1-small" => 1.7,
        _ => Custom().Match(tier) is { Success: true } match && double.TryParse(match.Groups["memory"].ValueSpan, CultureInfo.InvariantCulture, out var megabytes)
            ? megabytes / MegabytesPerGigabyte : null,
    };

    /// <summary>The vCPUs of a custom machine; null for one that shares them, and where they are not known here.</summary>
    internal static int? GetProcessors(string tier)
        => Custom().Match(tier) is { Success: true } match && int.TryParse(match.Groups["processors"].ValueSpan, CultureInfo.InvariantCulture, out var processors) ? processors : null;

    /// <summary>How many connections a machine takes where the flag max_connections is not set; null where its memory is not known here.</summary>
    internal static int? GetDefaultConnections(string tier)
        => (GetMemory(tier) ?? GetOptimizedMemory(tier)) is { } memory ? DefaultConnections.First(row => memory >= row.Gigabytes).Connections : null;

    // Eight GB a processor, which the advice on connections does not rely on.
    private static double? GetOptimizedMemory(string tier)
        => tier.StartsWith(OptimizedPrefix, StringComparison.Ordinal) && int.TryParse(tier.AsSpan(OptimizedPrefix.Length), CultureInfo.InvariantCulture, out var processors)
            ? processors * 8 : null;

    private static bool IsEnterpriseOnly(string tier) => tier is "db-f1-micro" or "db-g1-small" || tier.StartsWith("db-custom-", StringComparison.Ordinal);

    private static void RequireCustom(string tier)
    {
        var match = Custom().Match(tier);
        if (!match.Success || !int.TryParse(match.Groups["processors"].ValueSpan, CultureInfo.InvariantCulture, out var processors)
            || !int.TryParse(match.Groups["memory"].ValueSpan, CultureInfo.InvariantCulture, out var memory))
            throw Errors.CustomTierMalformed(tier, "its form is db-custom-CPUS-MEGABYTES");
        if (processors is < 1 or > MostProcessors || (processors > 1 && processors % 2 != 0))
            throw Errors.CustomTierMalformed(tier, FormattableString.Invariant($"{processors} vCPUs are not 1 or an even number up to {MostProcessors}"));
        if (memory % MemoryStep != 0)
            throw Errors.CustomTierMalformed(tier, FormattableString.Invariant($"{memory} MB are not a multiple of {MemoryStep} MB"));
        var least = Math.Max(SmallestMemory, RoundUp(processors * LeastPerProcessor * MegabytesPerGigabyte));
        var most = (int)(processors * MostPerProcessor * MegabytesPerGigabyte);
        if (memory < least || memory > most)
            throw Errors.CustomTierMalformed(tier, FormattableString.Invariant($"{memory} MB are not between {least} and {most} MB, which {processors} vCPU{(processors == 1 ? "" : "s")} can have"));
    }

    private static int RoundUp(double megabytes) => (int)Math.Ceiling(megabytes / MemoryStep) * MemoryStep;

    [GeneratedRegex(@"^db-custom-(?<processors>[0-9]+)-(?<memory>[0-9]+)\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Custom();
}
