namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    internal static SwarmConfigurationException CloudDatabaseDiffers(string instance, string name, string property, string found, string asked) => Configuration(
        $"Instance '{instance}' has a database '{name}' whose {property} is {found}, not {asked}. It cannot be changed, and nothing was.",
        "Take another name, leave the parameter out to use the database as it is, or drop it by psql if it is empty.", name);

    internal static SwarmConfigurationException CloudNameMalformed(string kind, string name, int bytes) => Configuration(
        bytes == 0 ? $"The {kind}'s name is empty."
            : $"The {kind}'s name '{Visible(name)}' ({bytes} bytes in UTF-8) cannot be kept by PostgreSQL: 1 to 63 bytes without control characters are expected.",
        "Take a shorter name of letters, digits and underscores.", name);

    internal static SwarmConfigurationException CloudUserDiffers(string instance, string name, string found, string asked) => Configuration(
        $"Instance '{instance}' has a user '{name}' of type {found}, not {asked}. Nothing was changed.",
        "Take another name, or give the -Type that the user has.", name);

    internal static SwarmConfigurationException CloudUserNameMalformed(string name, CloudSqlUserType type) => Configuration(
        type == CloudSqlUserType.IamUser
            ? $"'{Visible(name)}' is not a Google account: an e-mail address such as ann@example.com is expected, and not a service account's."
            : $"'{Visible(name)}' is not a service account: an e-mail address such as app@my-project.iam.gserviceaccount.com is expected.",
        "Correct -UserName, or -Type (BuiltIn, IamUser, IamServiceAccount).", name);

    internal static SwarmConfigurationException IamAuthenticationOff(string instance, string flag) => Configuration(
        $"Instance '{instance}' lets no Google account log in: its flag {flag} is not on. Nothing was sent.",
        $"Set it first (the instance may restart): Set-SwarmCloudSqlInstance {instance} -DatabaseFlag @{{'{flag}'='on'}}", instance);

    internal static SwarmCloudException CloudDatabaseNotFound(string project, string instance, string name) => Cloud(
        SwarmCloudFailure.NotFound, $"Instance '{instance}' in project '{project}' has no database '{Visible(name)}'.",
        $"Names are matched in upper and lower case. Make it: New-SwarmCloudSqlDatabase {Visible(name)} -Instance {instance} -Project {project}", name);

    internal static SwarmCloudException CloudUserNotFound(string project, string instance, string name) => Cloud(
        SwarmCloudFailure.NotFound, $"Instance '{instance}' in project '{project}' has no user '{Visible(name)}'.",
        $"Names are matched in upper and lower case; a service account's has no .gserviceaccount.com. Get-SwarmCloudSqlUser -Instance {instance} -Project {project} lists them.", name);

    internal static SwarmConfigurationException CloudUserPasswordUnknown(string instance, string name, string secret) => Configuration(
        $"Instance '{instance}' has a user '{name}', but secret '{secret}' does not have this password, or none: what was stored now might not be the user's. Nothing was changed.",
        "Add -ResetPassword, which stores the password and sets it; whoever uses the old password must change over.", name);

    internal static SwarmConfigurationException CloudUserWithoutPassword(string name) => Configuration(
        $"A user of type BuiltIn logs in by a password, and none was given for '{Visible(name)}'. Nothing was sent.",
        "Give -Credential, -PasswordSecret NAME or -GeneratePassword -SecretName NAME; -Type IamUser and IamServiceAccount need none.", name);

    internal static SwarmConfigurationException PasswordEmpty(string user) => Configuration(
        $"The password for user '{user}' is empty, with which nobody can log in. Nothing was sent.",
        "Give one, or let one be made: -GeneratePassword -SecretName NAME.", user);

    private static string Visible(string text) => new([.. text.Select(letter => char.IsControl(letter) ? '\uFFFD' : letter)]);
}
