namespace MarketingSwarm.Engine.GoogleCloud;

/// <summary>One of Google's APIs: its host and the names by which gcloud overrides and enables it.</summary>
/// <param name="Name">How messages call it.</param>
/// <param name="Service">The service's name, which is its host too and what <c>gcloud services enable</c> takes.</param>
/// <param name="OverrideVariable">gcloud's environment variable for another address (https://cloud.google.com/sdk/docs/properties, api_endpoint_overrides).</param>
internal sealed record GoogleApi(string Name, string Service, string OverrideVariable)
{
    internal static readonly GoogleApi CloudSqlAdmin = new("Cloud SQL Admin API", "sqladmin.googleapis.com", "CLOUDSDK_API_ENDPOINT_OVERRIDES_SQL");
    internal static readonly GoogleApi SecretManager = new("Secret Manager API", "secretmanager.googleapis.com", "CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER");
    internal static readonly GoogleApi Monitoring = new("Cloud Monitoring API", "monitoring.googleapis.com", "CLOUDSDK_API_ENDPOINT_OVERRIDES_MONITORING");
    internal static readonly GoogleApi ServiceNetworking = new("Service Networking API", "servicenetworking.googleapis.com", "CLOUDSDK_API_ENDPOINT_OVERRIDES_SERVICENETWORKING");
    internal static readonly GoogleApi ResourceManager = new("Cloud Resource Manager API", "cloudresourcemanager.googleapis.com", "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDRESOURCEMANAGER");
    internal static readonly GoogleApi Run = new("Cloud Run Admin API", "run.googleapis.com", "CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN");

    internal static readonly IReadOnlyList<GoogleApi> All = [CloudSqlAdmin, SecretManager, Monitoring, ServiceNetworking, ResourceManager, Run];

    internal Uri DefaultAddress { get; } = new($"https://{Service}/");
}
