using System.Text.Json.Nodes;

namespace MarketingSwarm.Engine.GoogleCloud.CloudSql;

/// <summary>What of an instance's settings is to change; null is left as it is.</summary>
internal sealed record InstanceSettings
{
    internal string? Tier { get; init; }

    internal string? Edition { get; init; }

    internal string? ActivationPolicy { get; init; }

    internal bool? DeletionProtection { get; init; }

    /// <summary>By name; null takes a flag away.</summary>
    internal IReadOnlyDictionary<string, string?> Flags { get; init; } = new Dictionary<string, string?>();

    /// <summary>Networks in CIDR notation that may connect.</summary>
    internal IReadOnlyList<string>? Networks { get; init; }

    /// <summary>Whether no other networks may connect.</summary>
    internal bool ReplaceNetworks { get; init; }

    /// <summary>The changes that bring it about, for an instance as it is.</summary>
    /// <exception cref="SwarmConfigurationException">What it would be then cannot be.</exception>
    internal IReadOnlyList<WantedSetting> Plan(JsonObject instance)
    {
        var settings = instance["settings"];
        var tier = Tier ?? settings.Text("tier");
        if ((Tier ?? Edition) is not null && tier is not null) MachineTier.Require(tier, Edition ?? settings.Text("edition") ?? MachineTier.Enterprise);

        var changes = new List<WantedSetting>();
        if (Edition is not null) changes.Add(WantedSetting.Value("edition", Edition));
        if (Tier is not null) changes.Add(WantedSetting.Value("tier", Tier));
        if (ActivationPolicy is not null) changes.Add(WantedSetting.Value("activationPolicy", ActivationPolicy));
        if (DeletionProtection is { } isProtected) changes.Add(WantedSetting.Value("deletionProtectionEnabled", isProtected));
        foreach (var (name, value) in Flags.OrderBy(flag => flag.Key, StringComparer.Ordinal)) changes.Add(WantedSetting.Flag(name, value));
        if (Networks is null) return changes;

        changes.AddRange(Networks.Distinct().Select(network => WantedSetting.Network(network, isAuthorized: true)));
        if (ReplaceNetworks)
        {
            var wanted = changes.Select(change => change.Name).ToHashSet();
            changes.AddRange(settings.Items("ipConfiguration", "authorizedNetworks")
                .Select(network => WantedSetting.Network(network.Text("value") ?? "", isAuthorized: false)).Where(change => !wanted.Contains(change.Name)));
        }

        return changes;
    }
}
