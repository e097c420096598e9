using System.Collections;
using MarketingSwarm.Engine.GoogleCloud;

namespace MarketingSwarm.Commands;

/// <summary>Completes the project that would be used without the parameter: the session's, the environment's, gcloud's or the credential's.</summary>
public sealed class ProjectCompleter : ValueCompleter
{
    private protected override IReadOnlyList<string> GetValues(string typed, IDictionary parameters)
        => CloudSettings.Resolve(SwarmContextStore.Current, project: null, region: null, Environment.GetEnvironmentVariable).Project is { } project ? [project] : [];
}
