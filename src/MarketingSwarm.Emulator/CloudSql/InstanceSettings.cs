using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MarketingSwarm.Emulator.Hosting;
using MarketingSwarm.Emulator.ServiceNetworking;

namespace MarketingSwarm.Emulator.CloudSql;

/// <summary>What an instance's settings may be, and what they are where nothing is said.</summary>
internal sealed partial class InstanceSettings(INetworkPeering peering)
{
    // Numbers that JSON carries as strings; clients may send them as numbers.
    private static readonly string[] LongFields = ["dataDiskSizeGb", "storageAutoResizeLimit", "settingsVersion", "dataDiskProvisionedIops", "dataDiskProvisionedThroughput"];

    // What a change of ends the sessions.
    private static readonly string[] RestartFields = ["tier", "edition", "availabilityType"];

    /// <summary>The patch's fields in place of those of before: messages are merged, lists are replaced, null takes a field away.</summary>
    public static JsonObject Merge(JsonObject before, JsonObject patch)
    {
        var merged = (JsonObject)before.DeepClone();
        foreach (var (name, value) in patch)
        {
            if (value is null) merged.Remove(name);
            else if (value is JsonObject inner && merged[name] is JsonObject existing) merged[name] = Merge(existing, inner);
            else merged[name] = value.DeepClone();
        }

        return merged;
    }

    /// <summary>The settings with everything that the server says of its own accord.</summary>
    /// <param name="asked">What the client says.</param>
    /// <param name="databaseVersion">The edition's default hangs on it.</param>
    /// <param name="zone">Where the instance is.</param>
    public static JsonObject Complete(JsonObject asked, string databaseVersion, string zone)
    {
        var settings = (JsonObject)asked.DeepClone();
        foreach (var name in LongFields)
        {
            if (settings[name] is { } number) settings[name] = number.ToString();
        }

        settings["kind"] = "sql#settings";
        Default(settings, "edition", Catalog.DefaultEdition(databaseVersion));
        Default(settings, "availabilityType", "ZONAL");
        Default(settings, "pricingPlan", "PER_USE");
        Default(settings, "replicationType", "SYNCHRONOUS");
        Default(settings, "activationPolicy", "ALWAYS");
        Default(settings, "dataDiskType", "PD_SSD");
        Default(settings, "dataDiskSizeGb", "10");
        Default(settings, "storageAutoResize", true);
        Default(settings, "storageAutoResizeLimit", "0");
        Default(settings, "deletionProtectionEnabled", false);
        Default(settings, "connectorEnforcement", "NOT_REQUIRED");

        var isPlus = Text(settings, "edition") == Catalog.EnterprisePlus;
        var backups = Message(settings, "backupConfiguration");
        backups["kind"] = "sql#backupConfiguration";
        Default(backups, "enabled", false);
        Default(backups, "startTime", "00:00");
        Default(backups, "pointInTimeRecoveryEnabled", false);
        Default(backups, "transactionLogRetentionDays", isPlus ? 14 : 7);
        backups["backupTier"] = "STANDARD";
        var retention = Message(backups, "backupRetentionSettings");
        Default(retention, "retentionUnit", "COUNT");
        Default(retention, "retainedBackups", isPlus ? 15 : 7);
        retention["retainedBackups"] = Int(retention["retainedBackups"]!);
        backups["transactionLogRetentionDays"] = Int(backups["transactionLogRetentionDays"]!);

        var network = Message(settings, "ipConfiguration");
        Default(network, "ipv4Enabled", true);
        Default(network, "sslMode", "ALLOW_UNENCRYPTED_AND_ENCRYPTED");
        foreach (var entry in (network["authorizedNetworks"] as JsonArray ?? []).OfType<JsonObject>()) entry["kind"] = "sql#aclEntry";

        var location = Message(settings, "locationPreference");
        location["kind"] = "sql#locationPreference";
        Default(location, "zone", zone);
        // Lists that are empty are absent.
        foreach (var (owner, list) in new[] { (settings, "databaseFlags"), (network, "authorizedNetworks"), (settings, "denyMaintenancePeriods"), (settings, "authorizedGaeApplications") })
        {
            if (owner[list] is JsonArray { Count: 0 }) owner.Remove(list);
        }

        return settings;
    }

    /// <summary>Refuses settings that an instance cannot have.</summary>
    /// <param name="project">The instance's.</param>
    /// <param name="instance">Its name.</param>
    /// <param name="settings">Complete.</param>
    /// <param name="before">What they were, complete; null for a new instance.</param>
    /// <exception cref="ApiException">They are refused.</exception>
    public void Check(string project, string instance, JsonObject settings, JsonObject? before)
    {
        if (Text(settings, "tier") is not { Length: > 0 } tier) throw SqlErrors.Required("tier");
        var edition = Text(settings, "edition")!;
        if (edition is not (Catalog.Enterprise or Catalog.EnterprisePlus)) throw SqlErrors.Invalid($"Invalid edition ({edition}).");
        Catalog.CheckTier(tier, edition);
        if (Text(settings, "activationPolicy") is not ("ALWAYS" or "NEVER")) throw SqlErrors.Invalid("The activation policy must be ALWAYS or NEVER.");
        if (Text(settings, "availabilityType") is not ("ZONAL" or "REGIONAL")) throw SqlErrors.Invalid("The availability type must be ZONAL or REGIONAL.");
        CheckDisk(settings, before, tier);
        CheckFlags(settings);
        CheckBackups(settings["backupConfiguration"]!.AsObject(), edition);
        CheckNetwork(project, instance, settings["ipConfiguration"]!.AsObject(), before?["ipConfiguration"]?.AsObject());
        foreach (var (name, value) in settings["userLabels"] as JsonObject ?? [])
        {
            if (!LabelKey().IsMatch(name) || !LabelValue().IsMatch(value?.GetValue<string>() ?? ""))
                throw SqlErrors.Invalid($"Invalid label ({name}): keys are lower-case letters, digits, '_' and '-', beginning with a letter; values likewise; 63 characters at most.");
        }
    }

    /// <summary>The flags by name.</summary>
    public static Dictionary<string, string> FlagsOf(JsonObject settings)
        => (settings["databaseFlags"] as JsonArray ?? []).OfType<JsonObject>().ToDictionary(flag => Text(flag, "name")!, flag => Text(flag, "value") ?? "", StringComparer.Ordinal);

    /// <summary>Whether the change ends the sessions, apart from what its flags ask for.</summary>
    public static bool RequiresRestart(JsonObject before, JsonObject after)
        => RestartFields.Any(name => Text(before, name) != Text(after, name))
            || (!HasRecovery(before) && HasRecovery(after));

    private static bool HasRecovery(JsonObject settings) => settings["backupConfiguration"]?["pointInTimeRecoveryEnabled"]?.GetValue<bool>() == true;

    private static void CheckDisk(JsonObject settings, JsonObject? before, string tier)
    {
        var size = long.Parse(Text(settings, "dataDiskSizeGb")!, CultureInfo.InvariantCulture);
        if (size < 10 || size > Catalog.LargestDisk(tier))
            throw SqlErrors.Invalid(string.Create(CultureInfo.InvariantCulture, $"Invalid disk size ({size} GB) for Tier ({tier}): from 10 to {Catalog.LargestDisk(tier)}."));
        if (before is not null && size < long.Parse(Text(before, "dataDiskSizeGb")!, CultureInfo.InvariantCulture))
            throw SqlErrors.Invalid("The disk size cannot be decreased.");
        if (before is not null && Text(settings, "dataDiskType") != Text(before, "dataDiskType")) throw SqlErrors.Invalid("The disk type cannot be changed.");
    }

    private static void CheckFlags(JsonObject settings)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (var flag in (settings["databaseFlags"] as JsonArray ?? []).OfType<JsonObject>())
        {
            var name = Text(flag, "name") ?? "";
            if (!DatabaseFlag.All.TryGetValue(name, out var known)) throw SqlErrors.UnknownFlag(name);
            if (!names.Add(name)) throw SqlErrors.Invalid($"The flag {name} is there twice.");
            known.Check(Text(flag, "value") ?? "");
        }
    }

    private static void CheckBackups(JsonObject backups, string edition)
    {
        var startTime = Text(backups, "startTime")!;
        if (!TimeOfDay().IsMatch(startTime)) throw SqlErrors.Invalid($"Invalid backup start time ({startTime}): HH:MM from 00:00 to 23:59, in UTC.");
        var retained = Int(backups["backupRetentionSettings"]!["retainedBackups"]!);
        if (retained is < 1 or > 365) throw SqlErrors.Invalid("The number of retained backups must be between 1 and 365.");
        var largest = edition == Catalog.EnterprisePlus ? 35 : 7;
        var logDays = Int(backups["transactionLogRetentionDays"]!);
        if (logDays < 1 || logDays > largest)
            throw SqlErrors.Invalid(string.Create(CultureInfo.InvariantCulture, $"The number of transaction log retention days must be between 1 and {largest}."));
        if (logDays > retained) throw SqlErrors.Invalid("backup retention should be > transaction log retention.");
        if (backups["binaryLogEnabled"]?.GetValue<bool>() == true) throw SqlErrors.Invalid("Binary log is not supported for PostgreSQL. Use point-in-time recovery.");
        if (backups["pointInTimeRecoveryEnabled"]!.GetValue<bool>() && !backups["enabled"]!.GetValue<bool>())
            throw SqlErrors.Invalid("Point-in-time recovery cannot be enabled when backups are disabled.");
    }

    private void CheckNetwork(string project, string instance, JsonObject network, JsonObject? before)
    {
        foreach (var entry in (network["authorizedNetworks"] as JsonArray ?? []).OfType<JsonObject>())
        {
            var range = Text(entry, "value") ?? "";
            if (!IsAddressRange(range)) throw SqlErrors.Invalid($"Invalid authorized network ({range}): an IPv4 address or a CIDR range.");
            if (IsPrivate(range)) throw SqlErrors.Invalid($"Non-routable or private authorized network ({range}) specified.");
        }

        var path = Text(network, "privateNetwork");
        if (string.IsNullOrEmpty(path))
        {
            if (Text(before, "privateNetwork") is { Length: > 0 }) throw SqlErrors.Invalid("Private IP cannot be disabled once it is enabled.");
            if (!network["ipv4Enabled"]!.GetValue<bool>() && network["pscConfig"]?["pscEnabled"]?.GetValue<bool>() != true)
                throw SqlErrors.Invalid("At least one of Public IP or Private IP or PSC connectivity must be enabled.");
            return;
        }

        if (NetworkPath().Match(path) is not { Success: true } match)
            throw SqlErrors.Invalid($"Invalid private network ({path}): projects/PROJECT/global/networks/NETWORK.");
        if (!peering.IsPeered(match.Groups[1].Value, match.Groups[2].Value))
            throw SqlErrors.Invalid($"Incorrect Service Networking config for instance: {project}:{instance}:NETWORK_NOT_PEERED.");
    }

    private static bool IsAddressRange(string text)
        => text.Contains('/') ? IPNetwork.TryParse(text, out var range) && range.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork : IsAddress(text);

    private static bool IsAddress(string text) => IPAddress.TryParse(text, out var address) && address.ToString() == text && text.Contains('.');

    private static bool IsPrivate(string text)
    {
        var address = IPAddress.Parse(text.Split('/')[0]).GetAddressBytes();
        return address[0] is 10 or 127 || (address[0] == 172 && address[1] is >= 16 and < 32) || (address[0] == 192 && address[1] == 168);
    }

    private static string? Text(JsonObject? message, string name) => message?[name]?.GetValue<string>();

    private static int Int(JsonNode number) => int.Parse(number.ToString(), CultureInfo.InvariantCulture);

    private static void Default(JsonObject message, string name, JsonNode value)
    {
        if (message[name] is null) message[name] = value;
    }

    private static JsonObject Message(JsonObject owner, string name)
    {
        if (owner[name] is not JsonObject message) owner[name] = message = [];
        return message;
    }

    [GeneratedRegex("^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    private static partial Regex TimeOfDay();

    [GeneratedRegex("^(?:https?://[^/]+/compute/[^/]+/)?projects/([^/]+)/global/networks/([^/]+)$")]
    private static partial Regex NetworkPath();

    [GeneratedRegex(@"^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{Nd}_-]{0,62}$")]
    private static partial Regex LabelKey();

    [GeneratedRegex(@"^[\p{Ll}\p{Lo}\p{Nd}_-]{0,63}$")]
    private static partial Regex LabelValue();
}
