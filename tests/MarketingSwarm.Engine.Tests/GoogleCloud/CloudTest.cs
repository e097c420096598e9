using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using MarketingSwarm.Engine.GoogleCloud;

namespace MarketingSwarm.Engine.Tests.GoogleCloud;

/// <summary>What the tests of the client share.</summary>
internal static class CloudTest
{
    internal const string Token = "ya29.token-of-a-test";

    internal static GoogleRequest Get(string path = "v1/projects/p/instances/i") => Request(HttpMethod.Get, path);

    internal static GoogleRequest Post(string path = "v1/projects/p/instances", JsonObject? body = null) => Request(HttpMethod.Post, path, body ?? new JsonObject { ["name"] = "i" });

    internal static GoogleRequest Request(HttpMethod method, string path, JsonObject? body = null) => new(GoogleApi.CloudSqlAdmin, method, path, body)
    {
        Project = "p",
        Target = "instance 'i'",
        Permission = "cloudsql.instances.get",
        Role = "roles/cloudsql.viewer",
    };

    internal static CloudSettings Settings(CloudOptions? options = null, params (string Name, string? Value)[] environment)
        => CloudSettings.Resolve(options ?? new CloudOptions { AccessToken = Token }, null, null, Variables(environment));

    /// <summary>An environment of these variables only; gcloud's folder is one that does not exist.</summary>
    internal static Func<string, string?> Variables(params (string Name, string? Value)[] variables)
    {
        var set = variables.ToDictionary(variable => variable.Name, variable => variable.Value);
        set.TryAdd("CLOUDSDK_CONFIG", Path.Combine(Path.GetTempPath(), "no-such-folder-of-gcloud"));
        return name => set.GetValueOrDefault(name);
    }

    internal static GoogleApiClient Client(HttpMessageHandler transport, TimeProvider? clock = null, CloudSettings? settings = null, RecordingTrace? trace = null)
        => new(settings ?? Settings(), trace ?? new RecordingTrace(), clock ?? new InstantClock(), transport);

    internal static async Task<SwarmCloudException> FailureAsync(IGoogleApi api, GoogleRequest request)
        => await Assert.ThrowsAsync<SwarmCloudException>(() => api.SendAsync(request, TestContext.Current.CancellationToken));
}

internal sealed class RecordingTrace : ICloudTrace
{
    internal ConcurrentQueue<string> Lines { get; } = [];

    internal ConcurrentQueue<string> Warnings { get; } = [];

    public void Verbose(string text) => Lines.Enqueue(text);

    public void Debug(Func<string> text) => Lines.Enqueue(text());

    public void Warning(string text)
    {
        Lines.Enqueue(text);
        Warnings.Enqueue(text);
    }

    public void Progress(string activity, string status) => Lines.Enqueue($"{activity} {status}");
}
