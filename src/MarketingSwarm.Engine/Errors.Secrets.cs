namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    internal static SwarmConfigurationException SecretNameMalformed(string name) => Configuration(
        $"'{Visible(name)}' is not a secret's name: 1 to 255 letters (A-Z, a-z), digits, hyphens and underscores are expected. Nothing was sent.",
        "Give the last part of the name alone, db-pass say, and the project by -Project.", name);

    internal static SwarmCloudException SecretNotFound(string project, string name) => Cloud(
        SwarmCloudFailure.NotFound, $"Project '{project}' has no secret '{Visible(name)}'.", "Get-SwarmSecret lists them; Set-SwarmSecret makes one.", name);

    internal static SwarmCloudException SecretVersionNotFound(string project, string name) => Cloud(
        SwarmCloudFailure.NotFound, $"Project '{project}' has no secret '{Visible(name)}', or the secret has no version.",
        $"Get-SwarmSecret -Project {project} lists them; Set-SwarmSecret makes one.", name);

    internal static SwarmConfigurationException SecretEmpty(string name) => Configuration(
        $"The value for secret '{name}' is empty, which Secret Manager does not take. Nothing was sent.",
        "Give a value, or let one be made: -Generate.", name);

    internal static SwarmConfigurationException SecretTooLarge(string name, long bytes) => Configuration(
        FormattableString.Invariant($"The value for secret '{name}' has {bytes:N0} bytes in UTF-8; Secret Manager takes 65,536 (64 KiB) at most. Nothing was sent."),
        "Keep large data in Cloud Storage, encrypted by a key that is in the secret.", name);

    internal static SwarmConfigurationException SecretNotText(string name, string version) => Configuration(
        $"Version {version} of secret '{name}' is not text: it is not valid UTF-8.",
        $"Read it by: gcloud secrets versions access {version} --secret={name}", name);

    internal static SwarmCloudException SecretDamaged(string name, string version) => Cloud(
        SwarmCloudFailure.Other, $"Version {version} of secret '{name}' was damaged on the way: its value does not have the checksum that came with it.",
        "Run it again; if it happens again, something between here and Google changes what passes.", name);

    internal static SwarmCloudException SecretVersionNotEnabled(string project, string name, string version, string answer) => Cloud(
        SwarmCloudFailure.Busy, $"Version '{version}' of secret '{name}' cannot be read: it is disabled or destroyed. {answer}",
        $"Get-SwarmSecret {name} -Project {project} shows its versions; Set-SwarmSecret {name} adds one.", name);

    internal static SwarmConfigurationException MemberMalformed(string member) => Configuration(
        $"'{Visible(member)}' is not a member: user:EMAIL, serviceAccount:EMAIL, group:EMAIL, domain:DOMAIN, principal://… or principalSet://… is expected. Nothing was changed.",
        member.EndsWith(".gserviceaccount.com", StringComparison.OrdinalIgnoreCase) && !member.Contains(':', StringComparison.Ordinal)
            ? $"Give serviceAccount:{member}."
            : "Name one identity, for instance serviceAccount:app@my-project.iam.gserviceaccount.com; a secret is not given to allUsers.",
        member);
}
