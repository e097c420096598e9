using System.Globalization;
using System.Text.Json.Nodes;

namespace MarketingSwarm.Engine.GoogleCloud.CloudSql;

/// <summary>The instance that a user asks for. What is null was not said: an instance that is made gets a default, one that is there may have anything.</summary>
internal sealed record InstanceSpecification
{
    /// <summary>The label that tells our own request from another's for the same name: the API has no request ids.</summary>
    internal const string StampLabel = "swarm-request";

    private const string DefaultAvailability = "ZONAL";
    private const string DefaultStorageType = "PD_SSD";
    private const int DefaultStorageGb = 10;

    internal required string Project { get; init; }

    internal required string Name { get; init; }

    internal required string Region { get; init; }

    internal required string DatabaseVersion { get; init; }

    internal required string Tier { get; init; }

    internal required string Edition { get; init; }

    internal string? AvailabilityType { get; init; }

    internal int? StorageGb { get; init; }

    internal string? StorageType { get; init; }

    /// <summary>The private network, <c>projects/PROJECT/global/networks/NAME</c>.</summary>
    internal string? Network { get; init; }

    internal bool NoPublicAddress { get; init; }

    /// <summary>For an instance that is made: another setting, or Set-SwarmBackupPolicy, may have changed it since.</summary>
    internal bool NoBackup { get; init; }

    internal bool? DeletionProtection { get; init; }

    internal IReadOnlyDictionary<string, string> Flags { get; init; } = new Dictionary<string, string>();

    internal IReadOnlyList<string> AuthorizedNetworks { get; init; } = [];

    internal IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    internal string? RootPassword { get; init; }

    /// <summary>Refuses what cannot be, before anything is sent.</summary>
    /// <exception cref="SwarmConfigurationException">It cannot be.</exception>
    internal void Require()
    {
        InstanceRules.RequireName(Project, Name);
        InstanceRules.RequireRegion(Region);
        InstanceRules.RequireVersion(DatabaseVersion);
        MachineTier.Require(Tier, Edition);
        foreach (var name in Flags.Keys) InstanceRules.RequireFlag(name);
        if (NoPublicAddress && Network is null) throw Errors.AddressMissing(Name);
    }

    /// <summary>The request that makes it.</summary>
    /// <param name="stamp">By which the instance is known to be ours.</param>
    internal GoogleRequest ToRequest(string stamp)
    {
        var addresses = new JsonObject { ["ipv4Enabled"] = !NoPublicAddress };
        if (Network is not null) addresses["privateNetwork"] = Network;
        if (AuthorizedNetworks.Count > 0)
            addresses["authorizedNetworks"] = new JsonArray([.. AuthorizedNetworks.Select(network => new JsonObject { ["value"] = network })]);

        var labels = new JsonObject([.. Labels.Select(label => KeyValuePair.Create(label.Key, (JsonNode?)label.Value))]) { [StampLabel] = stamp };
        var settings = new JsonObject
        {
            ["tier"] = Tier,
            ["edition"] = Edition,
            ["availabilityType"] = AvailabilityType ?? DefaultAvailability,
            ["dataDiskType"] = StorageType ?? DefaultStorageType,
            ["dataDiskSizeGb"] = (StorageGb ?? DefaultStorageGb).ToString(CultureInfo.InvariantCulture),
            ["storageAutoResize"] = true,
            ["backupConfiguration"] = new JsonObject { ["enabled"] = !NoBackup },
            ["ipConfiguration"] = addresses,
            ["deletionProtectionEnabled"] = DeletionProtection ?? false,
            ["userLabels"] = labels,
        };
        if (Flags.Count > 0)
        {
            settings["databaseFlags"] = new JsonArray(
                [.. Flags.OrderBy(flag => flag.Key, StringComparer.Ordinal).Select(flag => new JsonObject { ["name"] = flag.Key, ["value"] = flag.Value })]);
        }

        var body = new JsonObject { ["name"] = Name, ["region"] = Region, ["databaseVersion"] = DatabaseVersion };
        if (RootPassword is not null) body["rootPassword"] = RootPassword;
        body["settings"] = settings;
        return CloudSqlRequests.InsertInstance(Project, body);
    }

    /// <summary>Refuses an instance that is there and is not as asked, each difference by its name.</summary>
    /// <exception cref="SwarmConfigurationException">It differs.</exception>
    internal void RequireSame(JsonObject instance)
    {
        var settings = instance["settings"];
        var differences = new List<string>();
        var remedy = new List<string>();
        var isSettable = true;

        Compare("region", instance.Text("region"), Region, null);
        Compare("databaseVersion", instance.Text("databaseVersion"), DatabaseVersion, null);
        Compare("edition", settings.Text("edition") ?? MachineTier.Enterprise, Edition, $"-Edition {Edition}");
        Compare("tier", settings.Text("tier"), Tier, $"-Tier {Tier}");
        if (AvailabilityType is not null) Compare("availabilityType", settings.Text("availabilityType"), AvailabilityType, null);
        if (StorageType is not null) Compare("dataDiskType", settings.Text("dataDiskType"), StorageType, null);
        // It grows by itself.
        if (StorageGb is { } size && settings.Number("dataDiskSizeGb") is { } there && there < size) Differ("dataDiskSizeGb", $"{there}", $"{size}", null);
        if (Network is not null) Compare("privateNetwork", Relative(settings.Text("ipConfiguration", "privateNetwork")), Network, null);
        if (NoPublicAddress && settings.Flag("ipConfiguration", "ipv4Enabled")) Differ("ipv4Enabled", "true", "false", null);
        if (DeletionProtection is { } isProtected && settings.Flag("deletionProtectionEnabled") != isProtected)
            Differ("deletionProtectionEnabled", isProtected ? "false" : "true", isProtected ? "true" : "false", $"-DeletionProtection ${(isProtected ? "true" : "false")}");

        var current = settings as JsonObject ?? [];
        var flags = Flags.Select(flag => (Name: flag.Key, flag.Value, Found: WantedSetting.Flag(flag.Key, flag.Value).Read(current))).Where(flag => flag.Found != flag.Value).ToArray();
        foreach (var (name, value, found) in flags) Differ($"databaseFlags.{name}", found, value, "");
        if (flags.Length > 0) remedy.Add($"-DatabaseFlag @{{{string.Join("; ", flags.Select(flag => $"'{flag.Name}'='{flag.Value}'"))}}}");
        var networks = AuthorizedNetworks.Where(network => !WantedSetting.Network(network, isAuthorized: true).Holds(current)).ToArray();
        foreach (var network in networks) Differ($"authorizedNetworks.{network}", null, "authorized", "");
        if (networks.Length > 0) remedy.Add($"-AuthorizedNetwork {string.Join(", ", networks)}");
        foreach (var (name, value) in Labels) Compare($"userLabels.{name}", settings.Text("userLabels", name), value, null);

        if (differences.Count > 0)
            throw Errors.InstanceDiffers(Project, Name, differences, isSettable ? $"Set-SwarmCloudSqlInstance {Name} -Project {Project} {string.Join(' ', remedy)}" : null);

        void Compare(string setting, string? found, string asked, string? parameter)
        {
            if (!string.Equals(found, asked, StringComparison.Ordinal)) Differ(setting, found, asked, parameter);
        }

        // Null where no cmdlet changes it; empty where the parameter is added for several at once.
        void Differ(string setting, string? found, string asked, string? parameter)
        {
            differences.Add($"{setting} is {Errors.Shown(found)}, not {Errors.Shown(asked)}");
            if (parameter is null) isSettable = false;
            else if (parameter.Length > 0) remedy.Add(parameter);
        }
    }

    /// <summary>Whether an instance was made by the request with this stamp.</summary>
    internal static bool HasStamp(JsonObject instance, string stamp) => instance.Text("settings", "userLabels", StampLabel) == stamp;

    // The API may answer with the network's whole address.
    private static string? Relative(string? network)
        => network?.IndexOf("projects/", StringComparison.Ordinal) is { } start and >= 0 ? network[start..] : network;
}
