using System.Text.Json.Nodes;
using MarketingSwarm.Emulator.CloudSql;
using MarketingSwarm.Emulator.Clusters;
using MarketingSwarm.Emulator.Hosting;
using MarketingSwarm.Emulator.Secrets;

namespace MarketingSwarm.Emulator.Run;

/// <summary>Whether a revision can serve: what it refers to must be there, and open to its service account. No container is run.</summary>
internal sealed class RevisionChecks(SecretStore secrets, Instances instances)
{
    private static readonly string[] AccessorRoles = ["roles/secretmanager.secretAccessor", "roles/secretmanager.admin", "roles/owner"];

    /// <summary>Why a revision cannot serve; null when it can.</summary>
    /// <param name="revision">The revision or its template.</param>
    /// <param name="project">The service's project.</param>
    public RevisionFault? Check(JsonObject revision, string project)
    {
        List<RevisionFault> faults = [];
        var account = revision.Text("serviceAccount")!;
        var containers = revision.Messages("containers").ToList();
        for (var i = 0; i < containers.Count; i++)
        {
            var index = 0;
            foreach (var variable in containers[i].Messages("env"))
            {
                var field = $"spec.template.spec.containers[{i}].env[{index++}].value_from.secret_key_ref.name";
                if (variable.Message("valueSource")?.Message("secretKeyRef") is { } reference)
                    Add(CheckSecret(reference.Text("secret")!, reference.Text("version") ?? "latest", project, account, field));
            }
        }

        var volumeIndex = 0;
        foreach (var volume in revision.Messages("volumes"))
        {
            var field = $"spec.template.spec.volumes[{volumeIndex++}]";
            if (volume.Message("secret") is { } secret)
            {
                var versions = secret.Messages("items").Select(item => item.Text("version") ?? "latest").DefaultIfEmpty("latest");
                foreach (var version in versions) Add(CheckSecret(secret.Text("secret")!, version, project, account, field + ".secret.secret_name"));
            }

            foreach (var instance in volume.Message("cloudSqlInstance")?.Items("instances") ?? []) Add(CheckInstance(instance.ToString(), field));
        }

        return faults.Count == 0 ? null : new RevisionFault(faults[0].Reason, string.Join('\n', faults.Select(fault => fault.Message)));

        void Add(RevisionFault? fault)
        {
            if (fault is not null) faults.Add(fault);
        }
    }

    private RevisionFault? CheckSecret(string name, string version, string project, string account, string field)
    {
        var (scope, id) = name.Split('/') is ["projects", var other, "secrets", var secret] ? (new SecretScope(other, null), secret) : (new SecretScope(project, null), name);
        var full = $"{scope.NameOf(id)}/versions/{version}";
        JsonObject? policy;
        string? state;
        try
        {
            policy = secrets.GetPolicy(scope, id);
            state = secrets.GetVersion(scope, id, version).Text("state");
        }
        catch (ApiException e) when (e.Code == StatusCodes.Status404NotFound)
        {
            return new RevisionFault("SECRETS_ACCESS_CHECK_FAILED", $"{field}: Secret {full} was not found");
        }

        if (!IamPolicy.Grants(policy, "serviceAccount:" + account, AccessorRoles))
        {
            return new RevisionFault(
                "SECRETS_ACCESS_CHECK_FAILED",
                $"{field}: Permission denied on secret: {full} for Revision service account {account}. The service account used must be granted the "
                + "'Secret Manager Secret Accessor' role (roles/secretmanager.secretAccessor) at the secret, project or higher level.");
        }

        return state == "ENABLED" ? null : new RevisionFault("SECRETS_ACCESS_CHECK_FAILED", $"{field}: Secret {full} is in {state} state");
    }

    private RevisionFault? CheckInstance(string connectionName, string field)
    {
        // A project of a domain has a colon of its own: example.com:project.
        var parts = connectionName.Split(':');
        var region = instances.Find(new ClusterId(string.Join(':', parts[..^2]), parts[^1]))?.Text("region");
        return region is null ? new RevisionFault("UNKNOWN", $"{field}.cloud_sql_instance: Cloud SQL instance {connectionName} does not exist.")
            : region != parts[^2] ? new RevisionFault("UNKNOWN", $"{field}.cloud_sql_instance: Cloud SQL instance {connectionName} is in the region {region}.")
            : null;
    }
}

/// <summary>Why a revision cannot serve.</summary>
/// <param name="Reason">A reason of a condition, for example <c>SECRETS_ACCESS_CHECK_FAILED</c>.</param>
/// <param name="Message">In whole sentences.</param>
internal sealed record RevisionFault(string Reason, string Message);
