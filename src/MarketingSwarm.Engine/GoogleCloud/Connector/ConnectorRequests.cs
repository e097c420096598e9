using System.Globalization;
using System.Text.Json.Nodes;

namespace MarketingSwarm.Engine.GoogleCloud.Connector;

/// <summary>The two requests of a connector (https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/connect).</summary>
internal static class ConnectorRequests
{
    internal const string Permission = "cloudsql.instances.connect";
    internal const string Role = "roles/cloudsql.client";

    /// <summary>Where the instance is and whose certificate it shows.</summary>
    internal static GoogleRequest GetConnectSettings(InstanceName instance)
        => Create(HttpMethod.Get, instance, "/connectSettings", null);

    /// <summary>A client certificate for a key. It changes nothing, and so can be asked for again.</summary>
    /// <param name="instance">Which instance.</param>
    /// <param name="publicKey">The key's public half, a PEM text of SubjectPublicKeyInfo.</param>
    /// <param name="loginToken">For a login by IAM, the access token of who logs in; the certificate then stands for him.</param>
    internal static GoogleRequest GenerateEphemeralCertificate(InstanceName instance, string publicKey, string? loginToken)
    {
        // These names alone are written with underscores in the whole API.
        var body = new JsonObject { ["public_key"] = publicKey };
        if (loginToken is not null) body["access_token"] = loginToken;
        return Create(HttpMethod.Post, instance, ":generateEphemeralCert", body);
    }

    private static GoogleRequest Create(HttpMethod method, InstanceName instance, string action, JsonObject? body)
        => new(
            GoogleApi.CloudSqlAdmin, method,
            string.Create(CultureInfo.InvariantCulture, $"v1/projects/{GoogleRequest.Escape(instance.Project)}/instances/{GoogleRequest.Escape(instance.Name)}{action}"), body)
        {
            Idempotency = Idempotency.Repeatable,
            Project = instance.Project,
            Target = $"instance '{instance.Name}'",
            Permission = Permission,
            Role = Role,
        };
}
