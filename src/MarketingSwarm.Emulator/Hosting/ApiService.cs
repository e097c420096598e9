namespace MarketingSwarm.Emulator.Hosting;

/// <summary>An API of Google Cloud, as its errors name it.</summary>
/// <param name="Host">For example <c>sqladmin.googleapis.com</c>.</param>
/// <param name="Title">For example <c>Cloud SQL Admin API</c>.</param>
/// <param name="HasLegacyErrors">Whether its errors have the older form, with <c>errors[].reason</c>.</param>
internal sealed record ApiService(string Host, string Title, bool HasLegacyErrors = false)
{
    public static ApiService CloudSql { get; } = new("sqladmin.googleapis.com", "Cloud SQL Admin API", HasLegacyErrors: true);

    public static ApiService SecretManager { get; } = new("secretmanager.googleapis.com", "Secret Manager API");

    public static ApiService Monitoring { get; } = new("monitoring.googleapis.com", "Cloud Monitoring API");

    public static ApiService ServiceNetworking { get; } = new("servicenetworking.googleapis.com", "Service Networking API");

    public static ApiService Run { get; } = new("run.googleapis.com", "Cloud Run Admin API");

    public static ApiService ResourceManager { get; } = new("cloudresourcemanager.googleapis.com", "Cloud Resource Manager API");
}
