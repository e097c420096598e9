namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    private const string NoFileWritten = "No file was written.";

    internal static SwarmConfigurationException YamlMalformed(string file, long line, long column, string problem) => Configuration(
        FormattableString.Invariant($"{file}, line {line}, column {column}: this is not YAML: {problem.TrimEnd('.')}. {NoFileWritten}"),
        "Correct that line, or give another folder or file.", file);

    internal static SwarmConfigurationException YamlNotOneDocument(string file, int documents) => Configuration(
        documents == 1 ? $"{file}: a mapping of keys is expected, and something else is there. {NoFileWritten}"
            : FormattableString.Invariant($"{file}: one YAML document is expected, and there are {documents}. {NoFileWritten}"),
        "Keep the one document in the file that describes this, and the others elsewhere.", file);

    internal static SwarmConfigurationException YamlNotAsExpected(string file, string path, string expected) => Configuration(
        $"{file}: {path}: {expected} is expected there, and something else is in its place. {NoFileWritten}", "Correct the file.", file);

    internal static SwarmConfigurationException YamlNotChangeable(string file, string path) => Configuration(
        $"{file}: {path} could not be changed without changing something else: an anchor, an alias or an unusual layout is in the way. {NoFileWritten}",
        "Write that part without anchors, a key a line, and run this again; -WhatIf shows what is to be changed.", file);

    internal static SwarmConfigurationException NotAServiceFile(string file, string? found) => Configuration(
        $"{file} does not describe a Cloud Run service: apiVersion serving.knative.dev/v1 and kind Service are expected, and {found ?? "neither"} is there. {NoFileWritten}",
        "Give the folder or file of the service, or take this file away.", file);

    internal static SwarmConfigurationException ServiceNameDiffers(string file, string found, string given) => Configuration(
        $"{file} describes the service '{found}', and -Service says '{given}'. {NoFileWritten}", "Leave -Service out, or give the folder of that service.", given);

    internal static SwarmConfigurationException ServiceNotNamed(string file) => Configuration(
        $"How the Cloud Run service is called is not known: {file} does not exist or has no metadata.name, and -Service was not given. {NoFileWritten}",
        "Give -Service NAME, marketing-swarm-backend say.", "Service");

    internal static SwarmConfigurationException ServiceNameMalformed(string name) => Configuration(
        $"'{name}' cannot be the name of a Cloud Run service: 1 to 49 lower-case letters, digits and hyphens are expected, a letter first and no hyphen last.",
        "Give another -Service.", name);

    internal static SwarmConfigurationException ModuleNotOurs(string file) => Configuration(
        $"{file} exists and was not written by New-SwarmDeployment: what it does could be lost. {NoFileWritten}",
        "Look at the difference with -WhatIf -Force; then give -Force to replace it, or -ModulePath for another place.", file);

    internal static SwarmConfigurationException VariableMalformed(string name, string problem) => Configuration(
        $"-Variable: {problem}. {NoFileWritten}", "Names are letters, digits and underscores; values are one line of text.", name);

    internal static SwarmConfigurationException ConnectionBudgetTooSmall(string instance, int maxConnections, int reserved, int maxInstances) => Configuration(
        FormattableString.Invariant(
            $"Instance '{instance}' allows {maxConnections} connections, {reserved} of which are kept for administration: {maxInstances} instances of the service get not even one each. {NoFileWritten}"),
        FormattableString.Invariant($"Give a lower -MaxInstances, or more connections: Set-SwarmCloudSqlInstance {instance} -DatabaseFlag @{{max_connections={maxInstances + reserved + 42}}}."), maxInstances);

    internal static SwarmConfigurationException BudgetNotKnown(string instance, string? tier) => Configuration(
        $"How many connections instance '{instance}' allows is not known: it has no flag max_connections, and Cloud SQL's default for tier '{tier}' is not known here. {NoFileWritten}",
        $"Set the flag: Set-SwarmCloudSqlInstance {instance} -DatabaseFlag @{{max_connections=100}}.", instance);

    internal static SwarmConfigurationException InstanceWithoutAddress(string instance, string state) => Configuration(
        $"Instance '{instance}' is {state} and has no connection name yet. {NoFileWritten}", $"Wait for it: Get-SwarmCloudSqlInstance {instance}.", instance);

    internal static SwarmConfigurationException DeploymentFileUnreadable(string path, Exception exception) => Configuration(
        $"{path} cannot be read: {exception.Message} {NoFileWritten}", "Text in UTF-8 that this user may read is expected.", path, exception);

    internal static SwarmConfigurationException DeploymentFileUnwritable(string path, Exception exception) => Configuration(
        $"{path} cannot be written: {exception.Message} Files named before it in the output were written; each is whole.", "Mend that and run this again: what is written already is found as it should be.", path, exception);

    internal static SwarmConfigurationException ServiceFileNotFound(string path) => Configuration(
        $"There is no file {path}.", "New-SwarmDeployment writes it; or give -Path the service.yaml of the service.", path);

    internal static SwarmConfigurationException ServiceFieldUnknown(string file, string path) => Configuration(
        $"{file}: {path} is a setting that Publish-SwarmDeployment does not carry over to Cloud Run's v2 API. Nothing was sent.",
        $"Take it out of the file and set it on the service itself, where it is then kept; or deploy the file with: gcloud run services replace {file}", path);

    internal static SwarmConfigurationException ServiceFieldInvalid(string file, string path, string? value, string expected) => Configuration(
        $"{file}: {path} is '{value}', and {expected} is expected. Nothing was sent.", "Correct the file.", path);

    internal static SwarmConfigurationException ImageNotNamed(string file) => Configuration(
        $"{file} names no container image. Nothing was sent.", "Give -Image, REGION-docker.pkg.dev/PROJECT/REPOSITORY/NAME:TAG say.", file);

    internal static SwarmCloudException ServiceNotFound(string project, string region, string service) => Cloud(
        SwarmCloudFailure.NotFound,
        $"Project '{project}' has no Cloud Run service '{service}' in region '{region}'. Nothing was sent.",
        $"Check the name and the region: Get-SwarmDeployment -Project {project} -Region {region} lists the services. Publish-SwarmDeployment -Create makes one.", service);

    internal static SwarmCloudException RevisionNotReady(string service, string region, string project, string reason, string traffic) => Cloud(
        SwarmCloudFailure.OperationFailed,
        $"The new revision of service '{service}' does not serve: {reason.TrimEnd('.')}. {traffic}",
        $"Mend what it names and publish again. The revision's log: gcloud run services logs read {service} --region={region} --project={project}", service);

    internal static SwarmCloudException RevisionTimedOut(string service, string region, string project, TimeSpan waited, string reason, string traffic) => Cloud(
        SwarmCloudFailure.Timeout,
        FormattableString.Invariant($"The new revision of service '{service}' is not ready after {waited.TotalSeconds:0} s: {reason.TrimEnd('.')}. {traffic} Cloud Run goes on trying."),
        $"Get-SwarmDeployment {service} -Region {region} -Project {project} shows what became of it; the revision's log: gcloud run services logs read {service} --region={region} --project={project}", service);

    internal static SwarmCloudException ServiceChangedMeanwhile(string service) => Cloud(
        SwarmCloudFailure.StaleVersion,
        $"Service '{service}' was changed by somebody else again and again while this was to be written. Nothing was changed.",
        "See who else deploys it, and run this again.", service);

    internal static SwarmConfigurationException RevisionNotFound(string service, string revision, IReadOnlyList<DeployedRevision> there) => Configuration(
        $"Service '{service}' has no revision '{revision}' that is ready; it has {string.Join(", ", there.Take(5).Select(one => one.Name))}. Nothing was changed.",
        $"Get-SwarmDeployment {service} shows all of them.", revision);

    internal static SwarmConfigurationException NoEarlierRevision(string service, string? current) => Configuration(
        $"Service '{service}' has no revision before {(current is null ? "the one that serves" : $"'{current}'")} that is ready: there is nothing to go back to. Nothing was changed.",
        $"Get-SwarmDeployment {service} shows all revisions; Publish-SwarmDeployment -Revision NAME takes any of them.", service);

    internal static SwarmConfigurationException DeploymentFolderNotFound(string folder) => Configuration(
        $"There is no folder {folder}. {NoFileWritten}", "Give the application's folder with -Path; New-Item -ItemType Directory makes one.", folder);

    internal static SwarmConfigurationException FirstRevisionWithoutTraffic(string service) => Configuration(
        $"-NoTraffic: service '{service}' has no revision that serves, to which the requests could go on. Nothing was sent.", "Leave -NoTraffic out for the first revision.", service);

    internal static SwarmConfigurationException NoRevisionReady(string service) => Configuration(
        $"Service '{service}' has no revision that is ready, and so none that could get requests. Nothing was changed.",
        $"Get-SwarmDeployment {service} shows why; mend that and publish its service.yaml again.", service);

    internal static SwarmConfigurationException NoOtherRevision(string service, string revision, int percent) => Configuration(
        FormattableString.Invariant($"-TrafficPercent {percent}: revision '{revision}' of service '{service}' is the only one that gets requests, and none could take the other {100 - percent} %. Nothing was changed."),
        $"Give -Revision with another one; Get-SwarmDeployment {service} shows them.", revision);

    /// <summary>For a look, after which nothing is said of what was sent.</summary>
    internal static SwarmCloudException ServiceNotThere(string project, string region, string service) => Cloud(
        SwarmCloudFailure.NotFound,
        $"Project '{project}' has no Cloud Run service '{service}' in region '{region}'.",
        $"Get-SwarmDeployment -Project {project} -Region {region} lists the services; Get-SwarmContext says which project and region are used and why.", service);

    internal static SwarmConfigurationException DeploymentValueMalformed(string parameter, string value, string expected) => Configuration(
        $"{parameter} '{value}': {expected} is expected. Nothing was done.", $"Give another {parameter}.", value);
}
