using MarketingSwarm.Engine.GoogleCloud.Identity;

namespace MarketingSwarm.Engine.GoogleCloud;

/// <summary>What is used for Google Cloud, and where each part came from.</summary>
internal sealed class CloudSettings
{
    internal const string EndpointVariable = "SWARM_GOOGLE_ENDPOINT";

    private static readonly string[] ProjectVariables = ["GOOGLE_CLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT", "GCLOUD_PROJECT", "GCP_PROJECT"];
    private static readonly string[] RegionVariables = ["CLOUDSDK_COMPUTE_REGION", "GOOGLE_CLOUD_REGION"];

    private readonly Dictionary<GoogleApi, Uri> _addresses;

    private CloudSettings(
        (string? Value, string Origin) project, (string? Value, string Origin) region, (string? Value, string Origin) instance,
        CredentialChoice credential, (Uri? Value, string Origin) endpoint, Dictionary<GoogleApi, Uri> addresses)
    {
        Project = project.Value;
        Region = region.Value;
        Instance = instance.Value;
        Credential = credential;
        Endpoint = endpoint.Value;
        _addresses = addresses;
        Origins =
        [
            new(nameof(Project), Project, project.Origin),
            new(nameof(Region), Region, region.Origin),
            new(nameof(Instance), Instance, instance.Origin),
            new(nameof(Credential), credential.Description, credential.Origin),
            new(nameof(Endpoint), Endpoint?.ToString(), endpoint.Origin),
        ];
    }

    internal string? Project { get; }

    internal string? Region { get; }

    internal string? Instance { get; }

    internal CredentialChoice Credential { get; }

    internal Uri? Endpoint { get; }

    internal IReadOnlyList<SettingOrigin> Origins { get; }

    /// <summary>Parameters go before the session, the session before environment variables, these before gcloud's configuration and the credential.</summary>
    /// <param name="session">What Set-SwarmContext or Start-SwarmEmulator said.</param>
    /// <param name="project">The cmdlet's -Project.</param>
    /// <param name="region">The cmdlet's -Region.</param>
    /// <param name="environment">Reads an environment variable.</param>
    /// <exception cref="SwarmConfigurationException">An address is not one, or is plain http to another machine.</exception>
    internal static CloudSettings Resolve(CloudOptions session, string? project, string? region, Func<string, string?> environment)
    {
        var gcloud = new Lazy<GcloudConfiguration>(() => GcloudConfiguration.Read(environment));
        var endpoint = session.Endpoint is { } chosen ? (Check(chosen, session.OriginOf(nameof(Endpoint))), session.OriginOf(nameof(Endpoint)))
            : environment(EndpointVariable) is { Length: > 0 } named ? (ParseAddress(named, EndpointVariable), Variable(EndpointVariable))
            : ((Uri?)null, "Google's own");
        var addresses = GoogleApi.All.ToDictionary(api => api, api =>
            endpoint.Item1 ?? (environment(api.OverrideVariable) is { Length: > 0 } other ? ParseAddress(other, api.OverrideVariable) : api.DefaultAddress));

        var credential = CredentialChoice.Find(session, environment);
        return new CloudSettings(
            First(Given(project, "-Project"), Given(session.Project, session.OriginOf(nameof(Project))), FromEnvironment(ProjectVariables), () => FromGcloud("core/project"), Given(credential.Project, credential.Origin)),
            First(Given(region, "-Region"), Given(session.Region, session.OriginOf(nameof(Region))), FromEnvironment(RegionVariables), () => FromGcloud("compute/region")),
            First(Given(session.Instance, session.OriginOf(nameof(Instance)))),
            credential, endpoint, addresses);

        Func<(string?, string)> FromEnvironment(string[] names) => () =>
            names.FirstOrDefault(name => environment(name) is { Length: > 0 }) is { } set ? (environment(set), Variable(set)) : (null, "");

        (string?, string) FromGcloud(string property) => (gcloud.Value[property], $"{gcloud.Value.Path}, {property}");
    }

    internal Uri GetAddress(GoogleApi api) => _addresses[api];

    /// <summary>Whether an address is one of Google's own, to which any credential may be sent.</summary>
    internal static bool IsGoogle(Uri address)
        => address.Scheme == Uri.UriSchemeHttps && address.IsDefaultPort && address.Host.EndsWith(".googleapis.com", StringComparison.OrdinalIgnoreCase);

    internal string RequireProject() => Project ?? throw Errors.ProjectNotKnown();

    internal string RequireRegion() => Region ?? throw Errors.RegionNotKnown();

    internal SwarmContext ToContext() => new()
    {
        Project = Project,
        Region = Region,
        Instance = Instance,
        Credential = Credential.Description,
        Endpoint = Endpoint?.ToString(),
        Origins = Origins,
    };

    private static string Variable(string name) => $"environment variable {name}";

    private static Func<(string?, string)> Given(string? value, string origin) => () => (string.IsNullOrEmpty(value) ? null : value, origin);

    private static (string? Value, string Origin) First(params Func<(string? Value, string Origin)>[] sources)
        => sources.Select(source => source()).FirstOrDefault(found => !string.IsNullOrEmpty(found.Value), (null, "not set"));

    private static Uri ParseAddress(string text, string setting)
        => Uri.TryCreate(text, UriKind.Absolute, out var address) ? Check(address, setting) : throw Errors.EndpointMalformed(text, setting);

    private static Uri Check(Uri address, string setting)
    {
        if (address.Scheme is not ("http" or "https") || address.UserInfo.Length > 0 || address.Query.Length > 0 || address.Fragment.Length > 0)
            throw Errors.EndpointMalformed(address.ToString(), setting);
        // A machine may be called 'loopback'; .NET takes the name for one's own.
        if (address.Scheme == Uri.UriSchemeHttp && (!address.IsLoopback || address.Host == "loopback")) throw Errors.EndpointNotEncrypted(address, setting);
        return address.AbsolutePath.EndsWith('/') ? address : new Uri(address + "/");
    }
}
