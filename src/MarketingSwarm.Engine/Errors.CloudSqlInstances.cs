using System.Globalization;

namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    internal static SwarmCloudException SettingsVersionMissing(string project, string instance) => Cloud(
        SwarmCloudFailure.Other, $"Google does not say the version of instance '{project}:{instance}'s settings, under which alone they can be changed safely. Nothing was sent.",
        "Run it again in some minutes; Get-SwarmCloudSqlInstance shows SettingsVersion.", instance);

    internal static SwarmConfigurationException InstanceNameMalformed(string name) => Configuration(
        $"'{Visible(name)}' is not an instance's name: lower-case letters, digits and hyphens are expected, with a letter first and no hyphen last. Nothing was sent.",
        "Correct the name, marketing-swarm-db say.", name);

    internal static SwarmConfigurationException InstanceNameHasProject(string name) => Configuration(
        $"'{Visible(name)}' has a colon, which an instance's name cannot have. Nothing was sent.",
        "Give the last part alone as the name, the project by -Project and the region by -Region.", name);

    internal static SwarmConfigurationException InstanceNameTooLong(string project, string name, int longest) => Configuration(
        FormattableString.Invariant($"'{project}:{name}' has {project.Length + 1 + name.Length} characters; project, colon and instance may have {longest}. Nothing was sent."),
        FormattableString.Invariant($"Take a name of at most {longest - 1 - project.Length} characters."), name);

    internal static SwarmConfigurationException RegionMalformed(string region) => Configuration(
        $"'{Visible(region)}' is not a region: us-central1, say, is expected. Nothing was sent.",
        region.Length > 2 && region[^2] == '-' ? $"'{Visible(region)}' is a zone; its region is {region[..^2]}." : "gcloud sql tiers list shows the regions.", region);

    internal static SwarmCloudException RegionUnknown(string region, SwarmCloudException answer) => Cloud(
        SwarmCloudFailure.InvalidRequest, $"Cloud SQL has no region '{region}'; no instance was made. {answer.Message}",
        "gcloud sql tiers list shows the regions; us-central1 is one.", region, answer);

    internal static SwarmConfigurationException DatabaseVersionMalformed(string version) => Configuration(
        $"'{Visible(version)}' is not a version of PostgreSQL: POSTGRES_15, say, is expected. Nothing was sent.",
        "The migration needs PostgreSQL; MySQL and SQL Server are no targets.", version);

    internal static SwarmCloudException InstanceNotFound(string project, string name) => Cloud(
        SwarmCloudFailure.NotFound, $"Project '{project}' has no Cloud SQL instance '{name}'.",
        "Get-SwarmCloudSqlInstance without a name lists them; Get-SwarmContext says which project is used and why.", name);

    internal static SwarmCloudException OperationNotFound(string project, string name) => Cloud(
        SwarmCloudFailure.NotFound, $"Project '{project}' has no operation '{name}'.",
        "Get-SwarmCloudSqlOperation -Instance NAME lists those of an instance; Google forgets old ones.", name);

    internal static SwarmConfigurationException TierNotForPostgres(string tier) => Configuration(
        $"{tier} is a machine for MySQL; PostgreSQL runs on shared-core and custom machines. Nothing was sent.",
        "Take db-f1-micro, db-g1-small or db-custom-CPUS-MB, such as db-custom-1-3840; with -Edition ENTERPRISE_PLUS db-perf-optimized-N-2.", tier);

    internal static SwarmConfigurationException TierNotForEdition(string tier, string edition, string expected) => Configuration(
        $"The edition {edition} does not have the machine {tier}: {expected} is expected. Nothing was sent.",
        edition == GoogleCloud.CloudSql.MachineTier.EnterprisePlus
            ? "Take -Edition ENTERPRISE, or another -Tier; Enterprise Plus costs a multiple." : "Take another -Tier, or -Edition ENTERPRISE_PLUS, which costs a multiple.", tier);

    internal static SwarmConfigurationException CustomTierMalformed(string tier, string problem) => Configuration(
        $"There is no machine {tier}: {problem}. Nothing was sent.",
        "1 or an even number of vCPUs up to 96; 0.9 to 6.5 GB for each, at least 3840 MB, a multiple of 256 MB: db-custom-2-7680, say.", tier);

    internal static SwarmConfigurationException FlagNameMalformed(string name) => Configuration(
        $"'{Visible(name)}' is not the name of a database flag: lower-case letters, digits, underscores and dots are expected. Nothing was sent.",
        "gcloud sql flags list --database-version=POSTGRES_15 shows the flags.", name);

    internal static SwarmConfigurationException FlagValueNotText(string name, object? value) => Configuration(
        value is null ? $"The database flag '{name}' has no value. Nothing was sent."
            : $"The database flag '{name}' has a value of type {value.GetType().Name}; text, a number or a boolean is expected. Nothing was sent.",
        value is null ? "Give it one, or leave the flag out." : "Give it as text, as gcloud sql flags list describes it.", name);

    internal static SwarmConfigurationException NetworkMalformed(string text, string? suggestion) => Configuration(
        $"'{Visible(text)}' is not a network: CIDR notation such as 203.0.113.0/24, or one address such as 203.0.113.7 is expected. Nothing was sent.",
        suggestion is null ? "Correct -AuthorizedNetwork." : $"The network that holds this address is {suggestion}.", text);

    internal static SwarmConfigurationException NetworkNotVersion4(string text) => Configuration(
        $"'{Visible(text)}' is an IPv6 network; Cloud SQL authorizes IPv4 networks only. Nothing was sent.",
        "Give the IPv4 network from which the connections come.", text);

    internal static SwarmConfigurationException VpcMalformed(string text) => Configuration(
        $"'{Visible(text)}' is not a VPC network: its name, 'default' say, or projects/PROJECT/global/networks/NAME is expected. Nothing was sent.",
        "gcloud compute networks list shows them.", text);

    internal static SwarmConfigurationException NetworkNotPeered(string project, string network, string problem) => Configuration(
        $"The network '{network}' of project '{project}' has no private services access, by which instances get private addresses: {problem}. No instance was made.",
        "Make it once, and run this again:\n"
        + $"gcloud compute addresses create google-managed-services-{network} --global --purpose=VPC_PEERING --prefix-length=16 --network={network} --project={project}\n"
        + $"gcloud services vpc-peerings connect --service=servicenetworking.googleapis.com --ranges=google-managed-services-{network} --network={network} --project={project}",
        network);

    internal static SwarmConfigurationException AddressMissing(string name) => Configuration(
        $"Instance '{name}' would have no address: -NoPublicIp without -Network. Nothing was sent.",
        "Give -Network default, or leave -NoPublicIp out.", name);

    internal static SwarmConfigurationException AccessorWithoutSecret() => Configuration(
        "-SecretAccessor says who may read a secret, but no -SecretName which. Nothing was sent.", "Give -SecretName db-pass, say.", "SecretAccessor");

    internal static SwarmConfigurationException NetworksNotGiven() => Configuration(
        "-ReplaceAuthorizedNetwork has no networks to put in their place. Nothing was sent.",
        "Give -AuthorizedNetwork; an empty one, @(), takes all away.", "ReplaceAuthorizedNetwork");

    internal static SwarmConfigurationException FlagGivenTwice(string name) => Configuration(
        $"The flag {name} is given twice, by -SlowQueryMilliseconds and in -DatabaseFlag. Nothing was sent.", "Leave one of them out.", name);

    internal static SwarmConfigurationException RestartNotConfirmed(string instance, IEnumerable<string> reasons) => Configuration(
        $"The server of instance '{instance}' would restart or stop ({string.Join(", ", reasons)}), and nobody is there who could be asked. Nothing was sent.",
        "Say that it may: -Force.", instance);

    internal static SwarmConfigurationException NothingToSet(string instance) => Configuration(
        $"Nothing was said that instance '{instance}' is to have.",
        "Give -Tier, -DatabaseFlag, -AuthorizedNetwork, -SlowQueryMilliseconds, -DeletionProtection, -ActivationPolicy or -Edition.", instance);

    /// <param name="project">The project's id.</param>
    /// <param name="name">The instance's name.</param>
    /// <param name="differences">What differs, each as <c>setting is 'x', not 'y'</c>.</param>
    /// <param name="command">The command that makes it as asked; null where one of them cannot be changed.</param>
    internal static SwarmConfigurationException InstanceDiffers(string project, string name, IEnumerable<string> differences, string? command) => Configuration(
        $"Project '{project}' has an instance '{name}' that is not as asked: {string.Join("; ", differences)}. Nothing was changed.",
        command is null ? "Give what is there, or take another name: this cannot be changed at an instance that is there." : $"Give what is there, or change it: {command}", name);

    internal static SwarmConfigurationException InstanceStopped(string project, string name) => Configuration(
        $"Instance '{name}' is stopped, so that neither databases nor users can be made. Nothing was changed.",
        $"Start it: Set-SwarmCloudSqlInstance {name} -Project {project} -ActivationPolicy Always", name);

    internal static SwarmCloudException InstanceFailed(string project, string name, string reason) => Cloud(
        SwarmCloudFailure.OperationFailed,
        $"Instance '{name}' has failed for good and will not come up: {reason}",
        $"Mend what it names, delete the instance and run this again: Remove-SwarmCloudSqlInstance {name} -Project {project}", name);

    internal static SwarmCloudException InstanceNotReady(string name, string state) => Cloud(
        SwarmCloudFailure.Busy, $"Instance '{name}' is {state}: nothing can be made in it now.",
        "Get-SwarmCloudSqlInstance shows the state; run this again when it is RUNNABLE.", name);

    internal static SwarmCloudException InstanceStillCreating(string project, string name, TimeSpan timeout) => Cloud(
        SwarmCloudFailure.Timeout,
        string.Create(CultureInfo.InvariantCulture, $"Instance '{name}' is still being made after {timeout.TotalMinutes:0.#} minutes. It goes on at Google's side."),
        $"Run this again, or look: Get-SwarmCloudSqlInstance {name} -Project {project}", name);

    internal static SwarmCloudException InstanceNameTaken(string project, string name, SwarmCloudException answer) => Cloud(
        SwarmCloudFailure.AlreadyExists,
        $"Google refuses the name '{name}', although project '{project}' shows no such instance: one that was deleted a moment ago holds its name for a while. No instance was made. {answer.Message}",
        "Run this again in some minutes, or take another name.", name, answer);

    internal static SwarmConfigurationException InstanceProtected(string project, string name) => Configuration(
        $"Instance '{name}' of project '{project}' is protected against deletion. Nothing was sent.",
        $"If it shall go: Set-SwarmCloudSqlInstance {name} -Project {project} -DeletionProtection $false", name);

    internal static SwarmCloudException SettingChangedMeanwhile(string project, string instance, string setting, string? before, string? now, string? wanted) => Cloud(
        SwarmCloudFailure.StaleVersion,
        $"Instance '{instance}': somebody else changed {setting} from {Shown(before)} to {Shown(now)} while it was about to become {Shown(wanted)}; nothing was written.",
        $"Look at it, and run this again if it still is wanted: Get-SwarmCloudSqlInstance {instance} -Project {project}", setting);

    internal static SwarmCloudException SettingWithoutEffect(string project, string instance, string setting, string? wanted, string? now) => Cloud(
        SwarmCloudFailure.Other,
        $"Instance '{instance}': Google reported success, but {setting} is {Shown(now)} and not {Shown(wanted)}.",
        $"Somebody, or a backup plan, may have changed it at once. Get-SwarmCloudSqlOperation -Instance {instance} -Project {project} shows who did what.", setting);

    /// <summary>A value in a message.</summary>
    internal static string Shown(string? value) => value is null ? "not set" : $"'{value}'";

    private static SwarmCloudException Cloud(
        SwarmCloudFailure failure, string message, string action, object target, SwarmCloudException answer, [System.Runtime.CompilerServices.CallerMemberName] string id = "")
        => new(id, failure, message, action, target, answer.HttpStatus, answer.Reason);
}
