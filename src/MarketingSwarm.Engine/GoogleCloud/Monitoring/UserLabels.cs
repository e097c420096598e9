using System.Security.Cryptography;
using System.Text;

namespace MarketingSwarm.Engine.GoogleCloud.Monitoring;

/// <summary>
///   The labels by which the module knows its policies and channels again: display names are not unique, and users change them.
/// </summary>
/// <remarks>
///   Keys and values hold at most 63 characters of a-z, 0-9, _ and - (the AlertPolicy message, <c>userLabels</c>). The keys have no hyphen, which a filter's
///   field names cannot hold (https://cloud.google.com/monitoring/api/v3/sorting-and-filtering).
/// </remarks>
internal static class UserLabels
{
    internal const string ManagedBy = "managed_by";
    internal const string Module = "marketing-swarm";
    internal const string Preset = "swarm_preset";
    internal const string Instance = "swarm_instance";

    /// <summary>The number of connections that a threshold is a share of.</summary>
    internal const string MaxConnections = "swarm_max_connections";

    private const int LongestValue = 63;
    private const int HashLength = 16;

    /// <summary>An instance's name as a label's value: one of more than 63 characters keeps its beginning and ends in a hash of all of it.</summary>
    internal static string ToValue(string instance)
    {
        if (instance.Length <= LongestValue) return instance;
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(instance)))[..HashLength];
        return $"{instance[..(LongestValue - HashLength - 1)]}-{hash}";
    }
}
