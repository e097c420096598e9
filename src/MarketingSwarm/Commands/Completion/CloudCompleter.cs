using System.Collections;
using MarketingSwarm.Engine.GoogleCloud;

namespace MarketingSwarm.Commands;

/// <summary>Completes names that Google Cloud, or an emulator in its place, is asked for: for a moment only, and for half a minute not again.</summary>
public abstract class CloudCompleter : ValueCompleter
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);
    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, (DateTime At, IReadOnlyList<string> Names)> Known = [];

    private protected sealed override IReadOnlyList<string> GetValues(string typed, IDictionary parameters)
    {
        var settings = CloudSettings.Resolve(SwarmContextStore.Current, Find(parameters, "Project"), Find(parameters, "Region"), Environment.GetEnvironmentVariable);
        if (settings.Project is not { } project) return [];
        var key = $"{GetType().Name} {settings.Endpoint} {project} {settings.Region}";
        lock (Gate)
        {
            if (Known.TryGetValue(key, out var known) && DateTime.UtcNow - known.At < Lifetime) return known.Names;
        }

        using var client = new GoogleApiClient(settings, Silent.Trace);
        using var limit = new CancellationTokenSource(Limit);
        var names = Task.Run(() => ListAsync(client, project, settings.Region, limit.Token), limit.Token).WaitAsync(Limit, limit.Token).GetAwaiter().GetResult();
        lock (Gate) Known[key] = (DateTime.UtcNow, names);
        return names;
    }

    /// <summary>Asks for the names.</summary>
    private protected abstract Task<IReadOnlyList<string>> ListAsync(IGoogleApi api, string project, string? region, CancellationToken cancellationToken);

    private sealed class Silent : ICloudTrace
    {
        internal static readonly Silent Trace = new();

        public void Verbose(string text)
        {
        }

        public void Debug(Func<string> text)
        {
        }

        public void Warning(string text)
        {
        }

        public void Progress(string activity, string status)
        {
        }
    }
}
