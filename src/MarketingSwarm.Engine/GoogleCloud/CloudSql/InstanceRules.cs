using System.Collections.Frozen;
using System.Net;
using System.Text.RegularExpressions;

namespace MarketingSwarm.Engine.GoogleCloud.CloudSql;

/// <summary>What an instance's name and settings may be: checked before anything is sent.</summary>
internal static partial class InstanceRules
{
    internal const string SlowQueryFlag = "log_min_duration_statement";
    internal const string ConnectionsFlag = "max_connections";

    // project:instance, https://cloud.google.com/sql/docs/postgres/instance-settings.
    private const int LongestName = 98;

    // PostgreSQL's parameters of context "postmaster" that can be set as flags (pg_settings of PostgreSQL 15): they take effect at a start only.
    private static readonly FrozenSet<string> RestartFlags = new[]
    {
        "autovacuum_freeze_max_age", "autovacuum_max_workers", "autovacuum_multixact_freeze_max_age", "huge_pages", "max_connections", "max_files_per_process",
        "max_locks_per_transaction", "max_logical_replication_workers", "max_pred_locks_per_transaction", "max_prepared_transactions", "max_replication_slots",
        "max_wal_senders", "max_worker_processes", "old_snapshot_threshold", "shared_buffers", "superuser_reserved_connections",
        "track_activity_query_size", "track_commit_timestamp", "wal_buffers", "wal_level",
    }.ToFrozenSet();

    /// <exception cref="SwarmConfigurationException">Cloud SQL takes no such name.</exception>
    internal static void RequireName(string project, string name)
    {
        if (name.Contains(':', StringComparison.Ordinal)) throw Errors.InstanceNameHasProject(name);
        if (!Name().IsMatch(name)) throw Errors.InstanceNameMalformed(name);
        if (project.Length + 1 + name.Length > LongestName) throw Errors.InstanceNameTooLong(project, name, LongestName);
    }

    /// <exception cref="SwarmConfigurationException">It is not a version of PostgreSQL as the API names it. Which there are, Google says.</exception>
    internal static void RequireVersion(string version)
    {
        if (!Version().IsMatch(version)) throw Errors.DatabaseVersionMalformed(version);
    }

    /// <exception cref="SwarmConfigurationException">It has not the form of a region. Whether there is such a one, Google says.</exception>
    internal static void RequireRegion(string region)
    {
        if (!Region().IsMatch(region)) throw Errors.RegionMalformed(region);
    }

    /// <exception cref="SwarmConfigurationException">It is not the name of a flag.</exception>
    internal static void RequireFlag(string name)
    {
        if (!Flag().IsMatch(name)) throw Errors.FlagNameMalformed(name);
    }

    /// <summary>A network in CIDR notation, or one address, as the API keeps it.</summary>
    /// <exception cref="SwarmConfigurationException">It is neither, or the public address of Cloud SQL does not take it.</exception>
    internal static string RequireNetwork(string text)
    {
        if (text.Contains('/', StringComparison.Ordinal))
        {
            // Bits beyond the length are a slip: 10.0.0.1/8 may be meant as one address, or as 16 million.
            if (!IPNetwork.TryParse(text, out var network) || network.ToString() != text) throw Errors.NetworkMalformed(text, Suggest(text));
            return network.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? network.ToString() : throw Errors.NetworkNotVersion4(text);
        }

        // IPAddress takes 10 for 0.0.0.10.
        if (!IPAddress.TryParse(text, out var address) || (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork && address.ToString() != text))
            throw Errors.NetworkMalformed(text, null);
        return address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? $"{text}/32" : throw Errors.NetworkNotVersion4(text);
    }

    /// <summary>A VPC network as the API names it: <c>projects/PROJECT/global/networks/NAME</c>.</summary>
    /// <param name="project">The project of a network that is named by its last part alone.</param>
    /// <param name="text">A network's name, its path, or its address.</param>
    /// <exception cref="SwarmConfigurationException">It is none of these.</exception>
    internal static (string Project, string Name, string Path) RequireVpc(string project, string text)
    {
        var match = Vpc().Match(text);
        if (!match.Success) throw Errors.VpcMalformed(text);
        var owner = match.Groups["project"] is { Success: true } named ? named.Value : project;
        var name = match.Groups["name"].Value;
        return (owner, name, $"projects/{owner}/global/networks/{name}");
    }

    /// <summary>Which of these settings the server must be restarted or stopped for.</summary>
    internal static IReadOnlyList<string> GetRestartReasons(IEnumerable<SettingDifference> differences)
        => [.. differences.Where(difference => difference is { Name: "tier" or "edition" } or { Name: "activationPolicy", After: "NEVER" }
            || (difference.Name.StartsWith("databaseFlags.", StringComparison.Ordinal) && IsRestartFlag(difference.Name["databaseFlags.".Length..])))
            .Select(difference => difference.Name)];

    /// <summary>What there is to say of max_connections on a machine; null where nothing is.</summary>
    internal static string? GetConnectionsWarning(string tier, string? connections)
    {
        if (!int.TryParse(connections, System.Globalization.CultureInfo.InvariantCulture, out var asked) || MachineTier.GetMemory(tier) is not { } memory
            || MachineTier.GetDefaultConnections(tier) is not { } usual || asked <= usual)
            return null;
        return FormattableString.Invariant(
            $"max_connections={asked} is much for {tier} ({memory:0.##} GB): Cloud SQL itself takes {usual}, as each connection needs some MB. Pool the application's connections, or take a larger tier.");
    }

    // Cloud SQL's own flags load libraries or restart it otherwise: those that do not are asked about once too often.
    private static bool IsRestartFlag(string name) => RestartFlags.Contains(name) || name.StartsWith("cloudsql.", StringComparison.Ordinal);

    private static string? Suggest(string text)
        => text.Split('/') is [var address, var length] && IPAddress.TryParse(address, out var parsed) && int.TryParse(length, out var bits)
            && bits >= 0 && bits <= parsed.GetAddressBytes().Length * 8 ? new IPNetwork(Mask(parsed, bits), bits).ToString() : null;

    private static IPAddress Mask(IPAddress address, int bits)
    {
        var bytes = address.GetAddressBytes();
        for (var bit = bits; bit < bytes.Length * 8; bit++) bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new IPAddress(bytes);
    }

    [GeneratedRegex("^[a-z]([a-z0-9-]*[a-z0-9])?\\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    [GeneratedRegex("^POSTGRES_[0-9]+(_[0-9]+)?\\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Version();

    [GeneratedRegex("^[a-z]+-[a-z]+[0-9]+\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Region();

    [GeneratedRegex("^[a-z_][a-z0-9_]*([.][a-z0-9_]+)*\\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Flag();

    [GeneratedRegex(@"^((https://(www|compute)\.googleapis\.com/(compute/v1/)?|/)?projects/(?<project>[a-z0-9][a-z0-9.:-]*)/global/networks/)?(?<name>[a-z]([a-z0-9-]*[a-z0-9])?)\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Vpc();
}
